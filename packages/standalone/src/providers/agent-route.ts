import type { Duplex } from 'node:stream';
import { MegalithError } from '@megalith/agent';
import type { AgentRoute } from '../machine.js';
import type { SshSession } from '../ssh/ssh-session.js';

/** A server that does not answer the opening of a channel for this long is given up, milliseconds. */
const openTimeoutMs = 30_000;

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
      return await openWithin(session, openStream, signal);
    },
    closed: session.closed,
    close: () => session.close(),
  };
}

/**
 * Opens a stream, within a time and while it is wanted. One that comes too late is ended.
 * @throws MegalithError SSH_FAILED, layer `'forward'`; CANCELLED
 */
export async function openWithin(
  session: SshSession,
  openStream: () => Promise<Duplex>,
  signal?: AbortSignal,
): Promise<Duplex> {
  const { name } = session.target;
  const cancelled = (): MegalithError => new MegalithError('CANCELLED', `the way to "${name}" is no longer wanted`);
  if (signal?.aborted) throw cancelled();
  return await new Promise<Duplex>((resolve, reject) => {
    let over = false;
    const end = (settle: () => void): void => {
      over = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      settle();
    };
    const abort = (): void => end(() => reject(cancelled()));
    const timer = setTimeout(() => {
      const reason = `"${name}" did not open a stream to its agent within ${openTimeoutMs / 1000} s`;
      end(() => reject(new MegalithError('SSH_FAILED', reason, { details: { layer: 'forward', host: name } })));
    }, openTimeoutMs);
    signal?.addEventListener('abort', abort);
    openStream().then(
      stream => (over ? stream.destroy() : end(() => resolve(stream))),
      error => {
        if (!over) end(() => reject(error));
      },
    );
  });
}
