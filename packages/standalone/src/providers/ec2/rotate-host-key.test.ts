import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectSsh } from '../../ssh/connect-ssh.js';
import type { SshSession } from '../../ssh/ssh-session.js';
import { noSshd, type Sshd, startSshd } from '../../ssh/sshd.fixture.js';
import { rotateHostKey } from './rotate-host-key.js';

describe.skipIf(noSshd)('a host key that is replaced at the first login', () => {
  let host: Sshd;
  let injected: string;
  let keyPath: string;
  let pins: readonly string[];
  let sessions: SshSession[];
  beforeEach(async () => {
    host = await startSshd();
    injected = host.fingerprints.ed25519!;
    keyPath = host.hostKeyPaths.ed25519!;
    pins = [injected];
    sessions = [];
  });
  afterEach(async () => {
    for (const session of sessions) session.close();
    await host.stop();
  });

  const connect = async (hostKeys: readonly string[] = pins): Promise<SshSession> => {
    const session = await connectSsh({ ...host.target, hostKeys });
    sessions.push(session);
    return session;
  };
  const rotate = (session: SshSession, more: { reload?: string; pin?: () => Promise<void> } = {}) =>
    rotateHostKey(session, {
      injected,
      keyPath,
      reload: `kill -HUP ${host.pid}`,
      pin: async fingerprints => {
        pins = fingerprints;
      },
      ...more,
    });
  /** sshd takes a moment to start over: it shows the old key, refuses, and shows the new one. */
  const seen = async (fingerprint: string): Promise<SshSession> => {
    const deadlineMs = performance.now() + 20_000;
    for (;;) {
      try {
        return await connect([fingerprint]);
      } catch (error) {
        if (performance.now() > deadlineMs) throw error;
        await new Promise(resolve => setTimeout(resolve, 20));
      }
    }
  };
  const onDisk = () => execFileSync('ssh-keygen', ['-y', '-f', keyPath], { encoding: 'utf8' }).trim();

  test('is made there, pinned before it is shown, and shown from then on', async () => {
    const session = await connect();
    const before = onDisk();
    const fingerprint = await rotate(session, {
      pin: async () => expect(onDisk()).toBe(before),
    });
    expect(fingerprint).not.toBe(injected);
    await seen(fingerprint);
    await expect(connect([injected])).rejects.toMatchObject({ code: 'HOST_KEY' });
    expect((await session.exec('echo still here')).stdout).toBe('still here\n');
    expect(statSync(keyPath).mode & 0o777).toBe(0o600);
    expect(statSync(`${keyPath}.pub`).mode & 0o777).toBe(0o644);
    expect(readFileSync(`${keyPath}.pub`, 'utf8').trim()).toBe(onDisk());
    expect(readdirSync(dirname(keyPath)).filter(name => name.includes('megalith'))).toEqual([]);
  });

  test('stays the same when it is asked for again', async () => {
    const session = await connect();
    const first = await rotate(session);
    await seen(first);
    expect(await rotate(session)).toBe(first);
    await seen(first);
    expect(await rotate(await seen(first))).toBe(first);
  });

  test.each([1, 2].flatMap(step => ['before', 'after'].map(when => ({ step, when }))))(
    'is reached although contact was lost $when step $step, and is then the one that was pinned',
    async ({ step, when }) => {
      const session = await connect();
      let steps = 0;
      const cut: SshSession = {
        ...session,
        exec: async (command, options) => {
          const isCut = ++steps === step;
          if (isCut && when === 'before') throw new Error('cut off');
          const result = await session.exec(command, options);
          if (isCut) throw new Error('cut off');
          return result;
        },
      };
      await expect(rotate(cut)).rejects.toThrow('cut off');
      const pinned = pins;
      if (step === 2 && when === 'after') await seen(pins[1]!);
      const fingerprint = await rotate(await connect());
      if (step === 2) expect(fingerprint).toBe(pinned[1]);
      await seen(fingerprint);
      expect(pins).toEqual([injected, fingerprint]);
    },
  );

  test('is not shown where the pins could not be written, and is the same the next time', async () => {
    const before = onDisk();
    const session = await connect();
    const pin = () => Promise.reject(new Error('disk full'));
    await expect(rotate(session, { pin })).rejects.toThrow('disk full');
    expect(onDisk()).toBe(before);
    const waiting = readFileSync(`${keyPath}.megalith`, 'utf8');
    await seen(await rotate(await connect()));
    expect(readFileSync(keyPath, 'utf8')).toBe(waiting);
  });

  test('is shown in the end although sshd was not told at first', async () => {
    const session = await connect();
    await expect(rotate(session, { reload: 'echo no such service >&2; false' })).rejects.toMatchObject({
      code: 'BOOTSTRAP_FAILED',
      message: expect.stringContaining('no such service'),
      details: { layer: 'hostKey' },
    });
    const installed = onDisk();
    await seen(await rotate(await connect()));
    expect(onDisk()).toBe(installed);
  });

  test('is shown although sshd could not be told for a moment, as while it starts over', async () => {
    const told = `${keyPath}.told`;
    const reload = `echo told >>${told}; [ "$(wc -l <${told})" -ge 3 ] && kill -HUP ${host.pid}`;
    await seen(await rotate(await connect(), { reload }));
    expect(readFileSync(told, 'utf8')).toBe('told\n'.repeat(3));
  });

  test('is made anew where an attempt left half of one, and although a group may read the injected one', async () => {
    writeFileSync(`${keyPath}.megalith`, readFileSync(keyPath, 'utf8').slice(0, 100), { mode: 0o600 });
    const session = await connect();
    chmodSync(keyPath, 0o640);
    await seen(await rotate(session));
  });

  test('is one and the same where one connection begins while another ends', async () => {
    const born = readFileSync(keyPath, 'utf8');
    const session = await connect();
    for (let round = 0; round < 4; round++) {
      writeFileSync(keyPath, born);
      let other: Promise<string> | undefined;
      const pin = async (): Promise<void> => {
        other = rotate(session, { reload: 'true' });
      };
      const fingerprint = await rotate(session, { pin, reload: 'true' });
      expect(await other).toBe(fingerprint);
    }
  });

  test('is not another than the one that was pinned', async () => {
    const session = await connect();
    const pin = async (): Promise<void> => {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', `${keyPath}.other`]);
      writeFileSync(`${keyPath}.megalith`, readFileSync(`${keyPath}.other`));
    };
    const before = onDisk();
    await expect(rotate(session, { pin })).rejects.toMatchObject({
      message: expect.stringContaining('another host key was made meanwhile'),
    });
    expect(onDisk()).toBe(before);
  });
});
