import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectSsh } from '../ssh/connect-ssh.js';
import type { SshSession } from '../ssh/ssh-session.js';
import { noSshd, startSshd } from '../ssh/sshd.fixture.js';
import { type TestHost, until } from '../ssh/test-host.fixture.js';
import { readAgentFile } from './agent-file.js';
import { type BootstrapOptions, type BootstrappedAgent, bootstrapAgent } from './bootstrap-agent.js';
import { endAgents } from './end-agents.fixture.js';
import { bootstrapScript, scriptReader } from './far-side-script.js';
import { findAgent, probeHost } from './look-at-host.js';
import { mayMount, unmount } from './mount.fixture.js';

const agentFile = fileURLToPath(new URL('./stand-in-agent.fixture.mjs', import.meta.url));

describe.skipIf(noSshd)('bootstrap of a host with Node', () => {
  let sshd: TestHost;
  let session: SshSession;
  let root: string;
  let folder: string;

  beforeAll(async () => {
    sshd = await startSshd();
    session = await connectSsh(sshd.target);
  });
  afterAll(async () => {
    session.close();
    await sshd.stop();
  });
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'megalith-boot-'));
    folder = join(root, 'home');
  });
  afterEach(() => endAgents(root));

  function bootstrap(options: Partial<BootstrapOptions> = {}): Promise<BootstrappedAgent> {
    return bootstrapAgent(session, { agentFile, folder, ...options });
  }

  test('leaves a serving agent, reached through its socket and through the relay', async () => {
    const agent = await bootstrap();
    expect(agent.folder).toBe(folder);
    expect(readFileSync(join(folder, 'agents', agent.hash, 'agent.mjs'))).toEqual(readFileSync(agentFile));
    for (const stream of [await session.openSocket(agent.socketPath), await agent.openRelay()]) {
      stream.write('hello');
      expect(String((await once(stream, 'data'))[0])).toBe('hello');
      stream.destroy();
    }
    expect(await findAgent(session, agent.hash, { folder })).toMatchObject({ socketPath: agent.socketPath });
  });

  test('a relay to nobody ends its stream with what was said', async () => {
    const agent = await bootstrap();
    await endAgents(root);
    mkdirSync(folder, { recursive: true });
    mkdirSync(join(folder, 'agents', agent.hash), { recursive: true });
    writeFileSync(join(folder, 'agents', agent.hash, 'agent.mjs'), readFileSync(agentFile));
    const [error] = await once(await agent.openRelay(), 'error').catch(error => [error]);
    expect(error).toMatchObject({ code: 'SSH_FAILED', details: { layer: 'forward' } });
    expect(error.message).toMatch(/ENOENT/);
  });

  test('is one command, and asks for the agent once only', async () => {
    let commands = 0;
    const counting: SshSession = {
      ...session,
      start: command => {
        commands += 1;
        return session.start(command);
      },
    };
    const first = await bootstrapAgent(counting, { agentFile, folder });
    const path = join(folder, 'agents', first.hash, 'agent.mjs');
    const { ino } = statSync(path);
    const second = await bootstrapAgent(counting, { agentFile, folder, facts: first.facts });
    expect(commands).toBe(2);
    expect(statSync(path).ino).toBe(ino);
    expect(second).toMatchObject({ socketPath: first.socketPath, facts: first.facts });
    expect(startedAgents(folder)).toHaveLength(1);
  });

  test('keeps all from others: folders 0700, files 0600, whatever they were', async () => {
    mkdirSync(folder, { mode: 0o777 });
    chmodSync(folder, 0o777);
    const { hash } = await bootstrap();
    const mode = (path: string): string => (statSync(join(folder, path)).mode & 0o777).toString(8);
    expect(['', 'agents', `agents/${hash}`].map(mode)).toEqual(['700', '700', '700']);
    expect(['agent.mjs', 'agent.log'].map(file => mode(`agents/${hash}/${file}`))).toEqual(['600', '600']);
  });

  test('replaces an agent file that is damaged, and sweeps what dead clients left an hour ago', async () => {
    const { hash } = await readAgentFile(agentFile);
    const place = join(folder, 'agents', hash);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'agent.mjs'), readFileSync(agentFile).subarray(0, 100));
    const [old, young] = ['agent.mjs.1.part', 'agent.mjs.2.part'].map(name => join(place, name)) as [string, string];
    for (const path of [old, young]) writeFileSync(path, 'half');
    utimesSync(old, new Date(), Date.now() / 1000 - 3700);
    await bootstrap();
    expect(readFileSync(join(place, 'agent.mjs'))).toEqual(readFileSync(agentFile));
    expect([existsSync(old), existsSync(young)]).toEqual([false, true]);
  });

  test('by two clients at once, twenty times, leaves one agent and no half-written file', async () => {
    const other = await connectSsh(sshd.target);
    try {
      for (let round = 0; round < 20; round += 1) {
        const place = join(root, `home-${round}`);
        const agents = await Promise.all(
          [session, other].map(one => bootstrapAgent(one, { agentFile, folder: place })),
        );
        expect(new Set(agents.map(({ socketPath }) => socketPath)).size).toBe(1);
        expect(readdirSync(join(place, 'agents', agents[0]!.hash)).sort()).toEqual([
          'agent.log',
          'agent.mjs',
          'socket',
        ]);
        await once(await readable(session, agents[0]!.socketPath), 'data');
      }
    } finally {
      other.close();
    }
  });

  test('survives a client that is killed in the middle of an upload', async () => {
    const client = await halfAnUpload(sshd, folder);
    client.kill('SIGKILL');
    await once(client, 'exit');
    const { hash } = await readAgentFile(agentFile);
    await until(() => readdirSync(join(folder, 'agents', hash)).length === 0, 'the half is gone');
    await bootstrap();
    expect(readdirSync(join(folder, 'agents', hash)).sort()).toEqual(['agent.log', 'agent.mjs', 'socket']);
  });

  test('tells what the agent said when it does not start', async () => {
    const broken = join(root, 'broken.mjs');
    writeFileSync(broken, 'throw new Error("no such luck")');
    const failure = await bootstrap({ agentFile: broken }).catch(error => error);
    expect(failure).toMatchObject({ code: 'BOOTSTRAP_FAILED', details: { layer: 'exec' } });
    expect(failure.message).toMatch(/agent\.mjs.*no such luck/);
  });

  test('starts an agent again that is killed while it starts, and gives up after the fourth', async () => {
    const dooms = (count: number): void => {
      mkdirSync(folder, { recursive: true });
      for (let doom = 1; doom <= count; doom++) writeFileSync(join(folder, `doom-${doom}`), '');
    };
    dooms(4);
    await expect(bootstrap()).rejects.toThrow('ended without a word');
    dooms(3);
    const { socketPath } = await bootstrap();
    (await session.openSocket(socketPath)).destroy();
    expect(startedAgents(folder)).toHaveLength(1);
  });

  test('passes capacity and idle time to the agent', async () => {
    const telling = join(root, 'telling.mjs');
    writeFileSync(telling, 'throw new Error(process.argv.slice(2).join(" "))');
    const failure = await bootstrap({ agentFile: telling, capacity: { cpus: 3 }, idleMs: 5 }).catch(error => error);
    expect(failure.message).toContain(`machine {"home":"${folder}","idleMs":5,"cpus":3}`);
  });

  test('tells the agent how a machine that was made on demand ends', async () => {
    const telling = join(root, 'telling.mjs');
    writeFileSync(telling, 'throw new Error(process.argv.slice(2).join(" "))');
    const machine = { atEnd: 'shutdown', shutdownCommand: ['touch', "it's down"], leaseNeeded: true } as const;
    const failure = await bootstrap({ agentFile: telling, machine }).catch(error => error);
    const told = `{"home":"${folder}",${JSON.stringify({ ...machine, idleMs: 600_000 }).slice(1)}`;
    expect(failure.message).toContain(`machine ${told}`);
  });

  test('refuses a folder that is a file, and one with quotes in its path, naming it', async () => {
    writeFileSync(folder, '');
    const file = await bootstrap().catch(error => error);
    expect(file).toMatchObject({ code: 'BOOTSTRAP_FAILED', details: { layer: 'disk' } });
    expect(file.message).toMatch(new RegExp(`"${folder}": mkdir: .*File exists|Not a directory`));
    for (const name of ["it's", 'back\\slash', 'quo"te', 'bang!', 'line\nfeed']) {
      const quoted = await bootstrap({ folder: join(root, name) }).catch(error => error);
      expect(quoted).toMatchObject({ code: 'BOOTSTRAP_FAILED', details: { layer: 'disk' } });
      expect(existsSync(join(root, name))).toBe(false);
    }
  });

  test('works in a folder with spaces and dollar signs', async () => {
    const agent = await bootstrap({ folder: join(root, 'a $HOME `b` *') });
    const stream = await agent.openRelay();
    stream.write('hello');
    expect(String((await once(stream, 'data'))[0])).toBe('hello');
    stream.destroy();
  });

  test.skipIf(!mayMount())('says that the disk is full, or read-only', async () => {
    // Larger than what is free there.
    const large = join(root, 'large.mjs');
    writeFileSync(large, `${readFileSync(agentFile, 'utf8')}//${'-'.repeat(1 << 20)}`);
    mkdirSync(folder);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'none', folder]);
    try {
      const full = await bootstrap({ agentFile: large }).catch(error => error);
      expect(full).toMatchObject({ code: 'BOOTSTRAP_FAILED', details: { layer: 'disk' } });
      expect(full.message).toMatch(new RegExp(`"${folder}/.*No space left on device`));
      execFileSync('mount', ['-o', 'remount,ro', folder]);
      const readOnly = await bootstrap().catch(error => error);
      expect(readOnly).toMatchObject({ code: 'BOOTSTRAP_FAILED', details: { layer: 'disk' } });
      expect(readOnly.message).toMatch(/Read-only file system/);
    } finally {
      await unmount(folder);
    }
  });

  test('ends when it is no longer wanted', async () => {
    const wanted = new AbortController();
    const hanging: SshSession = {
      ...session,
      async start() {
        const command = await session.start('cat >/dev/null');
        setImmediate(() => wanted.abort());
        return command;
      },
    };
    const going = bootstrapAgent(hanging, { agentFile, folder, signal: wanted.signal });
    await expect(going).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  test('a look tells what the host is, and writes nothing', async () => {
    const facts = await probeHost(session, { folder });
    expect(facts).toMatchObject({ os: 'Linux', arch: process.arch, libc: expect.stringMatching(/glibc|musl/) });
    expect(Number(facts.node?.version.match(/^v(\d+)/)?.[1])).toBeGreaterThanOrEqual(20);
    expect(facts.usableMemoryBytes).toBeGreaterThan(2 ** 26);
    expect(facts.diskFreeBytes).toBeGreaterThan(0);
    expect(await findAgent(session, '0123456789abcdef', { folder })).toBeUndefined();
    expect(existsSync(folder)).toBe(false);
  });
});

/** A client that is in the middle of its upload: OpenSSH's own, so that it may be killed. */
async function halfAnUpload(sshd: TestHost, folder: string): Promise<ChildProcess> {
  const { bytes, digest, hash } = await readAgentFile(agentFile);
  const script = bootstrapScript(
    { marker: 'mark', folder, hash, installedNode: true, facts: false },
    { digest, bytes: bytes.length, tag: 'dead', settings: '' },
  );
  const { port, user, address, keys } = sshd.target;
  const keyPath = `${folder}.key`;
  writeFileSync(keyPath, `${keys[0]!.text.trimEnd()}\n`, { mode: 0o600 });
  const flags = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR'].flatMap(o => ['-o', o]);
  const args = [...flags, '-i', keyPath, '-p', `${port}`, `${user}@${address}`, scriptReader(script)];
  const client = spawn('ssh', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  client.stdin.write(script);
  let said = '';
  client.stdout.on('data', chunk => {
    said += String(chunk);
  });
  await until(() => said.includes('send\tagent'), 'the host asks for the agent');
  client.stdin.write(bytes.subarray(0, bytes.length / 2));
  const part = join(folder, 'agents', hash, 'agent.mjs.dead.part');
  await until(() => existsSync(part), 'the upload has begun');
  return client;
}

async function readable(session: SshSession, path: string): Promise<NodeJS.ReadableStream> {
  const stream = await session.openSocket(path);
  stream.write('hello');
  return stream;
}

function startedAgents(folder: string): string[] {
  return readFileSync(join(folder, 'started'), 'utf8').trim().split('\n');
}
