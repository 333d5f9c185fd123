import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { endAgents } from '../bootstrap/end-agents.fixture.js';
import type { HostEntry } from '../inventory/host-entry.js';
import type { Machine } from '../machine.js';
import { connectSsh } from '../ssh/connect-ssh.js';
import type { SshSession } from '../ssh/ssh-session.js';
import { noSshd, startSshd } from '../ssh/sshd.fixture.js';
import { type HostOptions, isRunning, type TestHost, until } from '../ssh/test-host.fixture.js';
import { createSshMachine } from './ssh-machine.js';

const standIn = fileURLToPath(new URL('../bootstrap/stand-in-agent.fixture.mjs', import.meta.url));

describe.skipIf(noSshd)('a machine reached by SSH', () => {
  let root: string;
  let sshd: TestHost | undefined;
  let commands: number;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'megalith-reach-'));
    commands = 0;
  });
  afterEach(async () => {
    await sshd?.stop();
    await endAgents(root);
  });

  async function machine(
    host: HostOptions = {},
    entry: Partial<HostEntry> = {},
    agentFile = standIn,
  ): Promise<() => Machine> {
    sshd = await startSshd(host);
    const { target } = sshd;
    const { name, address, port, user, hostKeys } = target;
    const whole: HostEntry = { name, address, port, user, hostKeys, folder: join(root, 'there'), ...entry };
    return () =>
      createSshMachine(whole, {
        target: async () => target,
        connect: async (to, options) => counting(await connectSsh(to, options)),
        home: join(root, 'client'),
        agentFile,
      });
  }

  function counting(session: SshSession): SshSession {
    const start: SshSession['start'] = command => {
      commands += 1;
      return session.start(command);
    };
    return { ...session, start };
  }

  const remembered = (): string => join(root, 'client', 'machines', 'ssh%3Aalpha.json');

  async function echoes(stream: Duplex): Promise<void> {
    stream.write('hello');
    expect(String((await once(stream, 'data'))[0])).toBe('hello');
  }

  test('is made ready by the first reach; the second runs no command at all', async () => {
    const make = await machine({}, { cpus: 1, clearance: 'confidential' });
    const cold = make();
    expect([cold.id, cold.shape, cold.clearance]).toEqual(['ssh:alpha', undefined, 'confidential']);
    const route = await cold.reach({ start: true });
    await echoes(await route.open());
    expect(commands).toBe(1);
    expect(cold.shape).toMatchObject({ cpus: 1, arch: process.arch });
    expect(statSync(remembered()).mode & 0o777).toBe(0o600);

    const warm = make();
    expect(warm.shape).toEqual(cold.shape);
    const second = await warm.reach({ start: true });
    for (const stream of await Promise.all([second.open(), second.open(), second.open()])) await echoes(stream);
    expect(commands).toBe(1);
    for (const each of [route, second]) {
      each.close();
      expect(await each.closed).toBeUndefined();
    }
  });

  test('starts nothing where it is told so', async () => {
    const make = await machine();
    await expect(make().reach({ start: false })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(readdirSync(root)).toEqual([]);
    const first = await make().reach({ start: true });
    first.close();
    rmSync(remembered());
    const found = await make().reach({ start: false });
    await echoes(await found.open());
    found.close();
    const pid = standInPid();
    process.kill(pid, 'SIGKILL');
    await until(() => !isRunning(pid), 'the agent has ended');
    await expect(make().reach({ start: false })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(standInPid()).toBe(pid);
  });

  test.each([
    ['gone', (path: string) => rmSync(path)],
    ['no JSON', (path: string) => writeFileSync(path, '{"formatVersion":1,')],
    ['of another form', (path: string) => writeFileSync(path, '{"formatVersion":2}')],
    [
      'of a socket that nobody has',
      (path: string) => writeFileSync(path, readFileSync(path, 'utf8').replaceAll('/socket"', '/other"')),
    ],
  ])('is reached where what was remembered is %s', async (_, spoil) => {
    const make = await machine();
    (await make().reach({ start: true })).close();
    const before = JSON.parse(readFileSync(remembered(), 'utf8')) as { seenAt: string };
    spoil(remembered());
    const route = await make().reach({ start: true });
    await echoes(await route.open());
    route.close();
    const after = JSON.parse(readFileSync(remembered(), 'utf8')) as { seenAt: string };
    expect({ ...after, seenAt: '', facts: '' }).toEqual({ ...before, seenAt: '', facts: '' });
    expect(commands).toBe(2);
  });

  test('is reached through the relay where its server forwards no sockets', async () => {
    const make = await machine({ allowsSockets: false });
    const route = await make().reach({ start: true });
    await echoes(await route.open());
    await echoes(await route.open());
    route.close();
    const again = await make().reach({ start: false });
    await echoes(await again.open());
    again.close();
  });

  test('runs the real agent, which says hello and outlives the route', async () => {
    const agentFile = fileURLToPath(import.meta.resolve('@megalith/agent/agent.mjs'));
    const make = await machine({}, {}, agentFile);
    const route = await make().reach({ start: true });
    const stream = await route.open();
    route.close();
    await once(stream, 'close').catch(error => error);
    const warm = await make().reach({ start: false });
    const again = await warm.open();
    expect(again.writable).toBe(true);
    warm.close();
    expect(commands).toBe(1);
    expect(existsSync(join(root, 'there', 'agents'))).toBe(true);
  });

  test('ends its session where it cannot be made ready, or is no longer wanted', async () => {
    const make = await machine({}, { folder: '/dev/null/nowhere' });
    await expect(make().reach({ start: true })).rejects.toMatchObject({
      code: 'BOOTSTRAP_FAILED',
      details: { layer: 'disk' },
    });
    const wanted = new AbortController();
    wanted.abort();
    await expect(make().reach({ start: true, signal: wanted.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  function standInPid(): number {
    return Number(readFileSync(join(root, 'there', 'started'), 'utf8').trim());
  }
});
