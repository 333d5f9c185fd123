import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectSsh } from '../ssh/connect-ssh.js';
import type { SshSession } from '../ssh/ssh-session.js';
import { noSshd, startSshd } from '../ssh/sshd.fixture.js';
import type { TestHost } from '../ssh/test-host.fixture.js';
import { type BootstrapOptions, type BootstrappedAgent, bootstrapAgent } from './bootstrap-agent.js';
import { endAgents } from './end-agents.fixture.js';
import { probeHost } from './look-at-host.js';
import { mayMount, unmount } from './mount.fixture.js';
import type { NodeSources } from './node-sources.js';
import { sha256Of } from './own-node.js';

const agentFile = fileURLToPath(new URL('./stand-in-agent.fixture.mjs', import.meta.url));
const version = process.versions.node;

describe.skipIf(noSshd !== undefined || process.platform !== 'linux')('a host without Node', () => {
  let sshd: TestHost;
  let session: SshSession;
  let root: string;
  let folder: string;
  let shelf: string;
  let sha256: string;
  const registries: { close(): void }[] = [];
  const { execPath } = process;

  beforeAll(async () => {
    sshd = await startSshd();
    session = await connectSsh(sshd.target);
    // A tarball as the registry's, with this very Node in it.
    shelf = mkdtempSync(join(tmpdir(), 'megalith-registry-'));
    mkdirSync(join(shelf, 'package', 'bin'), { recursive: true });
    writeFileSync(join(shelf, 'package', 'bin', 'node'), readFileSync(execPath), { mode: 0o700 });
    execFileSync('tar', ['-I', 'gzip -1', '-cf', 'node.tgz', 'package'], { cwd: shelf });
    sha256 = await sha256Of(join(shelf, 'node.tgz'));
    // As good a Node as the other where both are on one machine, and sent in no time.
    const script = `#!/bin/sh\nexec '${join(shelf, 'package', 'bin', 'node')}' "$@"\n`;
    writeFileSync(join(shelf, 'small-node'), script, { mode: 0o700 });
  });
  afterAll(async () => {
    session.close();
    await sshd.stop();
    rmSync(shelf, { recursive: true, force: true });
  });
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'megalith-boot-'));
    folder = join(root, 'home');
  });
  afterEach(async () => {
    process.execPath = execPath;
    for (const registry of registries.splice(0)) registry.close();
    await endAgents(root);
  });

  function bootstrap(nodeSources: NodeSources, options: Partial<BootstrapOptions> = {}): Promise<BootstrappedAgent> {
    return bootstrapAgent(session, {
      agentFile,
      folder,
      nodeSources: { installed: false, ...nodeSources },
      ...options,
    });
  }

  /** For what does not depend on the size of the client's own Node. */
  function ownNodeIsSmall(): void {
    process.execPath = join(shelf, 'small-node');
  }

  /** A registry that has the tarball, and the sum that is pinned for it. */
  async function registry(pinned = sha256): Promise<Required<Pick<NodeSources, 'registry' | 'release'>>> {
    const path = `/node-linux-${process.arch}/-/node-linux-${process.arch}-${version}.tgz`;
    const server: Server = createServer((request, response) => {
      if (request.url === path) response.end(readFileSync(join(shelf, 'node.tgz')));
      else response.writeHead(404).end();
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    registries.push(server);
    const { port } = server.address() as AddressInfo;
    return { registry: `http://127.0.0.1:${port}`, release: { version, sha256: { x64: pinned, arm64: pinned } } };
  }

  const place = (): string => join(folder, 'node', `v${version}-linux-${process.arch}`);

  test('downloads it, checks it, and finds it there the next time', async () => {
    const source = await registry();
    const agent = await bootstrap({ ...source, upload: false });
    expect(agent.nodePath).toBe(join(place(), 'bin', 'node'));
    expect(agent.facts.node).toEqual({ version: `v${version}`, path: agent.nodePath });
    expect([readdirSync(place()), readdirSync(join(place(), 'bin'))]).toEqual([['bin'], ['node']]);
    const again = await bootstrap({ registry: false, upload: false });
    expect(again.nodePath).toBe(agent.nodePath);
  });

  test('refuses a download with a wrong sum, and leaves nothing of it', async () => {
    const source = await registry('0'.repeat(64));
    const failure = await bootstrap({ ...source, upload: false }).catch(error => error);
    expect(failure).toMatchObject({ code: 'BOOTSTRAP_FAILED', details: { layer: 'node' } });
    expect(failure.message).toContain(`SHA-256 is ${sha256} instead of ${'0'.repeat(64)}`);
    expect([readdirSync(place()), readdirSync(join(place(), 'bin'))]).toEqual([['bin'], []]);
  });

  test.each(['curl', 'wget'])('is given the client’s own where a download by %s stalls', async program => {
    ownNodeIsSmall();
    const stalled = createTcpServer(socket => {
      socket
        .once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 40000000\r\n\r\nbegun'))
        .on('error', () => 0);
    });
    await new Promise<void>(resolve => stalled.listen(0, '127.0.0.1', resolve));
    registries.push(stalled);
    const { port } = stalled.address() as AddressInfo;
    const bin = toolsBut(program === 'curl' ? ['wget'] : ['curl']);
    const limited = await startSshd({}, forcing(`PATH=${bin} sh -c "$SSH_ORIGINAL_COMMAND"`));
    const there = await connectSsh(limited.target);
    try {
      const sources = { installed: false, registry: `http://127.0.0.1:${port}`, stallMs: 1000 };
      const agent = await bootstrapAgent(there, { agentFile, folder, nodeSources: sources });
      expect(await sha256Of(agent.nodePath)).toBe(await sha256Of(process.execPath));
      expect(readdirSync(join(place(), 'bin'))).toEqual(['node']);
    } finally {
      there.close();
      await limited.stop();
    }
  });

  test('is given the client’s own where nobody answers, by two clients at once', async () => {
    const other = await connectSsh(sshd.target);
    const nodeSources = { installed: false, registry: 'http://127.0.0.1:9' };
    const agents = await Promise.all(
      [session, other].map(one => bootstrapAgent(one, { agentFile, folder, nodeSources })),
    );
    other.close();
    expect(new Set(agents.map(({ nodePath }) => nodePath))).toEqual(new Set([join(place(), 'bin', 'node')]));
    expect(readdirSync(join(place(), 'bin'))).toEqual(['node']);
  });

  test('never runs a half-written one: it is passed over and replaced', async () => {
    ownNodeIsSmall();
    const half = join(place(), 'bin', 'node');
    mkdirSync(join(place(), 'bin'), { recursive: true });
    writeFileSync(half, readFileSync(execPath).subarray(0, 1 << 20));
    chmodSync(half, 0o700);
    await bootstrap({ registry: false });
    expect(await sha256Of(half)).toBe(await sha256Of(process.execPath));
  });

  test('hears the reason where there is no way', async () => {
    const failure = await bootstrap({ registry: 'http://127.0.0.1:9', upload: false }).catch(error => error);
    expect(failure).toMatchObject({ code: 'BOOTSTRAP_FAILED', details: { layer: 'node' }, hint: expect.any(String) });
    expect(failure.message).toMatch(/no Node of version 20 or later.*the download failed: .*(refused|connect)/i);
    expect(existsSync(join(folder, 'started'))).toBe(false);
  });

  test.skipIf(!mayMount())('says so where its folder may hold no programs, or the disk is too small', async () => {
    for (const [options, layer, words] of [
      ['noexec,size=200m', 'exec', /Permission denied/],
      ['size=20m', 'disk', /No space left on device/],
    ] as const) {
      mkdirSync(folder, { recursive: true });
      if (layer === 'exec') ownNodeIsSmall();
      else process.execPath = execPath;
      execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'none', folder]);
      try {
        const failure = await bootstrap({ registry: false }).catch(error => error);
        expect(failure).toMatchObject({ code: 'BOOTSTRAP_FAILED', details: { layer } });
        expect(failure.message).toMatch(words);
        expect(failure.message).toContain(join(place(), 'bin', 'node'));
      } finally {
        await unmount(folder);
      }
    }
  });

  test.skipIf(!mayMount())('is seen as one where no place has it', async () => {
    ownNodeIsSmall();
    const hidden = await startSshd({}, [
      'unshare',
      '-m',
      'sh',
      '-c',
      `mount --bind /dev/null ${execPath} && exec "$0" "$@"`,
    ]);
    const there = await connectSsh(hidden.target);
    try {
      expect((await probeHost(there, { folder })).node).toBeUndefined();
      const agent = await bootstrapAgent(there, { agentFile, folder, nodeSources: { registry: false } });
      expect(agent.nodePath).toBe(join(place(), 'bin', 'node'));
    } finally {
      there.close();
      await hidden.stop();
    }
  });

  /** A folder with all tools of this machine but some. */
  function toolsBut(without: readonly string[]): string {
    const bin = join(root, 'bin');
    mkdirSync(bin);
    const seen = new Set(['node', ...without]);
    for (const folder of ['/usr/bin', '/bin']) {
      for (const tool of readdirSync(folder)) {
        if (seen.has(tool)) continue;
        seen.add(tool);
        symlinkSync(join(folder, tool), join(bin, tool));
      }
    }
    return bin;
  }

  /** Starts the server so that a command of ours surrounds each that is asked for. */
  function forcing(command: string): string[] {
    const script = join(root, 'forced.sh');
    writeFileSync(script, `#!/bin/sh\n${command}\n`, { mode: 0o755 });
    return ['sh', '-c', `exec "$0" "$@" -o ForceCommand=${script}`];
  }
});
