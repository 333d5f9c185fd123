import { existsSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectSsh } from '../ssh/connect-ssh.js';
import type { SshSession } from '../ssh/ssh-session.js';
import { noSshd, startSshd } from '../ssh/sshd.fixture.js';
import { bootstrapAgent } from './bootstrap-agent.js';
import { endAgents } from './end-agents.fixture.js';
import { probeHost } from './look-at-host.js';

const agentFile = fileURLToPath(new URL('./stand-in-agent.fixture.mjs', import.meta.url));

describe.skipIf(noSshd)('bootstrap through a login shell', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'megalith-boot-'));
  });
  afterEach(() => endAgents(root));

  /** A session of a host whose user has this login shell: sshd runs commands as `SHELL -c COMMAND`. */
  async function withShell(shell: string, act: (session: SshSession) => Promise<void>): Promise<void> {
    const script = join(root, 'forced.sh');
    writeFileSync(script, `#!/bin/sh\n${shell}\n`, { mode: 0o755 });
    const sshd = await startSshd({}, ['sh', '-c', `exec "$0" "$@" -o ForceCommand=${script}`]);
    const session = await connectSsh(sshd.target);
    try {
      await act(session);
    } finally {
      session.close();
      await sshd.stop();
    }
  }

  const shells = ['/bin/bash', '/bin/dash', '/usr/bin/fish', '/bin/tcsh', '/usr/bin/zsh'].map(path => [path] as const);
  test.each(shells.filter(([path]) => existsSync(path)))('%s', async path => {
    await withShell(`exec ${path} -c "$SSH_ORIGINAL_COMMAND"`, async session => {
      const agent = await bootstrapAgent(session, { agentFile, folder: join(root, 'home') });
      expect(agent.folder).toBe(join(root, 'home'));
    });
  });

  test('that is noisy before, within and after its lines', async () => {
    const noise = 'echo Welcome; echo warning >&2; (yes | head -n 2000); printf "You have mail"';
    await withShell(`${noise}; sh -c "$SSH_ORIGINAL_COMMAND"; echo bye`, async session => {
      const agent = await bootstrapAgent(session, { agentFile, folder: join(root, 'home') });
      expect(agent.facts.os).toBe('Linux');
    });
  });

  test('that refuses to run anything is quoted', async () => {
    await withShell('echo "This account is currently not available."; exit 1', async session => {
      const failure = await bootstrapAgent(session, { agentFile, folder: join(root, 'home') }).catch(error => error);
      expect(failure).toMatchObject({ code: 'BOOTSTRAP_FAILED', details: { layer: 'exec' } });
      expect(failure.message).toMatch(/ended with code 1: This account is currently not available/);
    });
  });

  test('of a user without a home is told so', async () => {
    const home = join(root, 'missing');
    await withShell(`HOME=${home} sh -c "$SSH_ORIGINAL_COMMAND"`, async session => {
      const failure = await bootstrapAgent(session, { agentFile }).catch(error => error);
      expect(failure).toMatchObject({ code: 'BOOTSTRAP_FAILED', details: { layer: 'disk' } });
      expect(failure.message).toContain(`"${home}": the user has no home folder`);
      expect(existsSync(home)).toBe(false);
    });
  });

  test('uses `.megalith` in the home, or what is named relative to it', async () => {
    const home = join(root, 'home');
    mkdirSync(home);
    await withShell(`HOME=${home} sh -c "$SSH_ORIGINAL_COMMAND"`, async session => {
      for (const [folder, place] of [
        [undefined, '.megalith'],
        ['~/here', 'here'],
        ['there', 'there'],
      ] as const) {
        const agent = await bootstrapAgent(session, { agentFile, folder });
        expect(agent.folder).toBe(join(home, place));
        await endAgents(join(home, place));
      }
    });
  });

  const busybox = '/bin/busybox';
  test.skipIf(!existsSync(busybox))('with nothing but busybox, and Node in nvm’s place', async () => {
    const bin = join(root, 'bin');
    const home = join(root, 'home');
    const nvm = join(home, '.nvm/versions/node/v20.0.0/bin');
    for (const path of [bin, nvm]) mkdirSync(path, { recursive: true });
    symlinkSync(process.execPath, join(nvm, 'node'));
    const shell = `export HOME=${home} PATH=${bin}; ${busybox} --install -s ${bin}; exec ${bin}/sh -c "$SSH_ORIGINAL_COMMAND"`;
    await withShell(shell, async session => {
      const facts = await probeHost(session);
      expect(facts.cpus).toBeGreaterThanOrEqual(1);
      expect(facts.diskFreeBytes).toBeGreaterThan(0);
      const agent = await bootstrapAgent(session, { agentFile });
      expect(agent.folder).toBe(join(home, '.megalith'));
    });
  });
});
