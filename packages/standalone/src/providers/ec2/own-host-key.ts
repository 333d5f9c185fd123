import { setTimeout as delay } from 'node:timers/promises';
import { isMegalithError } from '@megalith/agent';
import type { MachineNotes } from '../../pool/machine-notes.js';
import { connectSsh } from '../../ssh/connect-ssh.js';
import type { ConnectOptions, SshSession, SshTarget } from '../../ssh/ssh-session.js';
import { rotateHostKey } from './rotate-host-key.js';

export interface OwnHostKeyOptions {
  /** The machine's id, by which its note is found. */
  readonly id: string;
  readonly notes: MachineNotes;
  /** The fingerprint that the machine was born with. */
  readonly injected: string;
  /** The machine shows this key from now on. */
  readonly onRotated: (fingerprint: string) => Promise<void>;
}

/** sshd reads its keys anew within a moment of being told, milliseconds. */
const seenWithinMs = 5_000;
const pauseMs = 50;

/**
 * Has a machine make a host key of its own, and connects once more with nothing else pinned: from then on the injected key, which whoever may describe the
 * machine can read, is trusted no more. Where the new key is not seen in time both stay pinned, and the next connection tries again.
 * @returns the session to go on with; the one that came in is closed where it is another
 */
export async function withOwnHostKey(
  session: SshSession,
  target: SshTarget,
  how: ConnectOptions,
  { id, notes, injected, onRotated }: OwnHostKeyOptions,
): Promise<SshSession> {
  const fingerprint = await rotateHostKey(session, {
    injected,
    pin: async hostKeys => void (await notes.learn(id, { hostKeys })),
    ...(how.signal === undefined ? {} : { signal: how.signal }),
  });
  const [seen] = await Promise.all([connectAgain({ ...target, hostKeys: [fingerprint] }, how), onRotated(fingerprint)]);
  if (seen === undefined) return session;
  session.close();
  try {
    await notes.learn(id, { hostKeys: [fingerprint], hasOwnKey: true });
    return seen;
  } catch (error) {
    seen.close();
    throw error;
  }
}

async function connectAgain(target: SshTarget, how: ConnectOptions): Promise<SshSession | undefined> {
  const deadline = performance.now() + seenWithinMs;
  for (;;) {
    try {
      return await connectSsh(target, how);
    } catch (error) {
      const mayPass = isMegalithError(error) && (error.code === 'HOST_KEY' || error.code === 'SSH_FAILED');
      if (!mayPass) throw error;
      if (performance.now() + pauseMs > deadline) return undefined;
    }
    await delay(pauseMs, undefined, how.signal === undefined ? {} : { signal: how.signal });
  }
}
