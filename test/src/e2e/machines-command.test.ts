import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startHosts } from '../hosts/start-hosts.js';
import type { TestHosts } from '../hosts/test-host.js';
import { checkout } from './user-folder.js';

const bin = join(checkout, 'packages/cli/bin/run.cjs');
const hasClient = existsSync('/usr/bin/ssh');
const wrongKey = `SHA256:${'A'.repeat(43)}`;
let hosts: TestHosts;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'megalith-machines-'));
  mkdirSync(join(folder, 'tmp'));
  mkdirSync(join(folder, 'megalith'));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function megalith(...args: readonly string[]): Promise<Ended> {
  const { SSH_AUTH_SOCK: _, ...inherited } = process.env;
  const env = {
    ...inherited,
    HOME: folder,
    TMPDIR: join(folder, 'tmp'),
    MEGALITH_HOME: join(folder, 'megalith'),
    NO_COLOR: '1',
  };
  return new Promise(resolve => {
    const child = execFile(process.execPath, [bin, ...args], { cwd: folder, env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
    child.stdin?.end();
  });
}

/** Writes the inventory: the hosts that there are, and others that differ from the first as given. */
function writeInventory(others: Readonly<Record<string, object>> = {}): void {
  const entries = hosts.all.map(host => host.entry()).map(({ name, ...entry }) => [name, entry] as const);
  const first = entries[0]![1];
  const wrong = Object.entries(others).map(([name, entry]) => [name, { ...first, ...entry }] as const);
  const config = { agent: { idle: '60s' }, hosts: Object.fromEntries([...entries, ...wrong]) };
  writeFileSync(join(folder, 'megalith', 'megalith.yaml'), JSON.stringify(config));
}

/** A port of this machine on which nobody listens. */
async function closedPort(): Promise<number> {
  const free = createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => free.once('listening', resolve));
  const { port } = free.address() as { port: number };
  await new Promise(resolve => free.close(resolve));
  return port;
}

const states = async () => JSON.parse((await megalith('machines', '--json')).stdout).machines;
const end = async () => {
  for (const { name } of hosts) await megalith('machines', 'stop', name, '--force');
};

describe('jobs on hosts', () => {
  beforeAll(async () => {
    hosts = await startHosts(2);
  });
  afterAll(() => hosts?.close());
  afterEach(end);

  it('take their files along and bring others back', async () => {
    const { name } = hosts.first;
    writeInventory();
    mkdirSync(join(folder, 'reads'));
    writeFileSync(join(folder, 'reads', 'a'), 'acgt\n');
    const files = ['--input', 'reads/', '--output', 'asm/'];
    const work = 'mkdir asm; tr a-z A-Z < reads/a > asm/a; pwd';
    const { code, stdout, stderr } = await megalith('run', '--host', name, ...files, '--shell', work);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('/jobs/');
    expect(readFileSync(join(folder, 'asm', 'a'), 'utf8')).toBe('ACGT\n');
  });

  it('go to all hosts where none is named, and only to hosts that can be reached', async () => {
    writeInventory();
    writeFileSync(join(folder, 'items'), '1\n2\n3\n4\n5\n6\n');
    const each = ['run', '--backend', 'standalone', '--each', 'items', '--keep-order', '--output', 'parts/'];
    const { code, stdout } = await megalith(
      ...each,
      '--shell',
      'mkdir -p parts; touch parts/{}; echo item {}; sleep 0.2',
    );
    expect(code).toBe(0);
    expect(stdout).toBe([1, 2, 3, 4, 5, 6].map(i => `item ${i}\n`).join(''));
    expect(readdirSync(join(folder, 'parts'))).toEqual(['1', '2', '3', '4', '5', '6']);
    expect(await megalith(...each, '--output', 'nowhere', '--', 'mkdir', '-p', 'parts')).toMatchObject({ code: 1 });
    writeInventory({ wrong: { hostKeys: [wrongKey] } });
    const { first } = hosts;
    const marker = `${first.home}/was-here`;
    const left = await megalith('run', '--detach', '--host', 'wrong', '--host', first.name, '--', 'touch', marker);
    expect(left).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\w{12}\n$/) });
    await vi.waitUntil(() => existsSync(first.pathHere(marker)), { timeout: 20_000 });
  });

  it('say which layer fails, and the line that would trust another key', async () => {
    const key = hosts.first.hostKeys[0]!;
    writeInventory({ changed: { hostKeys: [wrongKey] }, closed: { address: '127.0.0.1', port: await closedPort() } });
    for (const detach of [[], ['--detach']]) {
      const refused = await megalith('run', ...detach, '--host', 'changed', '--', 'true');
      expect(refused).toMatchObject({ code: 6, stdout: '', stderr: expect.stringContaining(key) });
      expect(refused.stderr).toContain(`hostKeys: ["${key}"`);
      const closed = await megalith('run', ...detach, '--host', 'closed', '--', 'true');
      expect(closed).toMatchObject({
        code: 6,
        stdout: '',
        stderr: expect.stringMatching(/^error: .*"closed".*refuses/),
      });
    }
    const { code, stdout } = await megalith('doctor', '--hosts');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ok +hosts +4 configured/m);
    expect(stdout).toMatch(/^failed +host changed +hostKey: /m);
  });

  it('show on the list of machines, which starts nothing', async () => {
    const { name } = hosts.first;
    writeInventory({ changed: { hostKeys: [wrongKey] }, closed: { address: '127.0.0.1', port: await closedPort() } });
    const looked = await states();
    expect(looked.map((machine: { name: string }) => machine.name)).toEqual([
      ...hosts.all.map(host => host.name),
      'changed',
      'closed',
      'local',
    ]);
    expect(looked).toMatchObject([
      { state: 'not started' },
      { state: 'not started' },
      { state: 'unreachable', problem: { code: 'HOST_KEY', layer: 'hostKey' } },
      { state: 'unreachable', problem: { code: 'SSH_FAILED', layer: 'port' } },
      { state: 'not started' },
    ]);
    await megalith('run', '--host', name, '--', 'true');
    expect(await states()).toMatchObject([
      { state: 'warm', agent: { running: 0 } },
      { state: 'not started' },
      {},
      {},
      {},
    ]);
    expect((await megalith('machines')).stdout).toMatch(/^changed +ssh +unreachable: hostKey /m);
    expect(await megalith('machines', 'show', 'closed')).toMatchObject({ code: 6 });
    expect(await megalith('machines', 'drain', name)).toMatchObject({ code: 0, stdout: 'draining\n' });
    expect(await megalith('machines', 'drain', 'closed')).toMatchObject({ code: 6 });
  });

  describe.runIf(hasClient)('and ssh', () => {
    it('logs in as the inventory says, with the exit code of the command', async () => {
      const { name } = hosts.first;
      writeInventory();
      const ran = await megalith('machines', 'ssh', name, '--', 'echo', 'hello;', 'exit', '7');
      expect(ran).toMatchObject({ code: 7, stdout: 'hello\n' });
      expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
      expect(existsSync(join(folder, '.ssh'))).toBe(false);
    });

    it('does not connect to a host that shows another key', async () => {
      writeInventory({ changed: { hostKeys: [wrongKey] } });
      const refused = await megalith('machines', 'ssh', 'changed', '--', 'echo', 'hello');
      expect(refused).toMatchObject({ code: 6, stdout: '', stderr: expect.stringContaining(hosts.first.hostKeys[0]!) });
      expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
    });
  });
});

describe.runIf(hasClient)('ssh to a host behind another', () => {
  beforeAll(async () => {
    hosts = await startHosts(2, { behindFirst: true });
  });
  afterAll(() => hosts?.close());

  it('goes through it, and trusts the pinned keys of both', async () => {
    const behind = hosts.all[1]!;
    writeInventory();
    expect(await megalith('machines', 'ssh', behind.name, '--', 'echo', 'hello')).toMatchObject({
      code: 0,
      stdout: 'hello\n',
    });
    const door = hosts.first.entry();
    writeInventory({ [door.name]: { hostKeys: [wrongKey] } });
    expect(await megalith('machines', 'ssh', behind.name, '--', 'echo', 'hello')).toMatchObject({
      code: 6,
      stdout: '',
    });
  });
});

describe('a lost contact', () => {
  beforeAll(async () => {
    hosts = await startHosts(1);
  });
  afterAll(() => hosts?.close());

  it('ends the command with 75 and the way back, and the job goes on', async () => {
    const { first } = hosts;
    writeInventory();
    const [begun, gate, done] = ['begun', 'gate', 'done'].map(name => `${first.home}/${name}`);
    const line = `touch ${begun}; until test -e ${gate}; do sleep 0.05; done; touch ${done}`;
    const ended = megalith('run', '--host', first.name, '--id', 'lives-on', '--shell', line);
    await vi.waitUntil(() => existsSync(first.pathHere(begun!)), { timeout: 20_000 });
    await first.faults.changeHostKey();
    await first.faults.killSshdSessions();
    const { code, stdout, stderr } = await ended;
    expect({ code, stdout }).toEqual({ code: 75, stdout: '' });
    expect(stderr).toContain('megalith jobs attach lives-on');
    writeFileSync(first.pathHere(gate!), '');
    await vi.waitUntil(() => existsSync(first.pathHere(done!)), { timeout: 20_000 });
  });
});
