import type { Duplex } from 'node:stream';
import { MegalithError } from '@megalith/agent';
import type { AgentRoute } from '../machine.js';
import type { SshSession } from '../ssh/ssh-session.js';

/**
 * A route over one SSH session.
 * @param openStream opens one more stream to the agent
 * @param first a stream that is open already: the first to be given out
 */
export function routeOver(session: SshSession, openStream: () => Promise<Duplex>, first?: Duplex): AgentRoute {
  let spare = first;
  first?.once('close', () => {
    spare = undefined;
  });
  return {
    async open(signal) {
      const ready = spare;
      spare = undefined;
      if (ready?.writable && ready.readable) return ready;
      return await openWhileWanted(session, openStream, signal);
    },
    closed: session.closed,
    hold: busy => session.hold(busy),
    close: () => session.close(),
  };
}

/**
 * Opens a stream while it is wanted; the session sees to it that this ends. A stream that comes too late is ended.
 * @throws MegalithError as `openStream`; CANCELLED
 */
export async function openWhileWanted(
  session: SshSession,
  openStream: () => Promise<Duplex>,
  signal: AbortSignal | undefined,
): Promise<Duplex> {
  const cancelled = (): MegalithError =>
    new MegalithError('CANCELLED', `the way to "${session.target.name}" is no longer wanted`);
  if (signal?.aborted) throw cancelled();
  return await new Promise<Duplex>((resolve, reject) => {
    const abort = (): void => reject(cancelled());
    signal?.addEventListener('abort', abort, { once: true });
    openStream()
      .then(stream => {
        if (signal?.aborted) stream.destroy();
        else resolve(stream);
      })
      .catch(reject)
      .finally(() => signal?.removeEventListener('abort', abort));
  });
}
