import { connect, type Socket } from 'node:net';
import type { MegalithError } from '@megalith/agent';
import { cancelled, dialFailure, type Place, silence } from './connection-failure.js';

export interface Limits {
  readonly signal: AbortSignal | undefined;
  /** When everything has to be done, on the clock of `performance.now`. */
  readonly deadlineMs: number;
}

/** Node tries one address after another and gives each 250 ms, too little for a far host with several. */
const eachAddressMs = 3000;

/**
 * Opens a TCP connection.
 * @throws MegalithError SSH_FAILED with `details.layer` `name`, `route` or `port`; CANCELLED
 */
export function dial(place: Place, limits: Limits): Promise<Socket> {
  const { signal } = limits;
  if (signal?.aborted) return Promise.reject(cancelled(place, signal));
  return new Promise((resolve, reject) => {
    const waitMs = Math.max(0, limits.deadlineMs - performance.now());
    const socket = connect({
      host: place.target.address,
      port: place.target.port,
      noDelay: true,
      autoSelectFamilyAttemptTimeout: eachAddressMs,
    });
    const release = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    const fail = (error: MegalithError): void => {
      release();
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => fail(silence(place, 'dial', waitMs)), waitMs);
    const onAbort = (): void => fail(cancelled(place, signal!));
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', () => {
      release();
      resolve(socket);
    });
    // Stays for the life of the socket: it may fail before its next owner listens, who finds that in `errored`.
    socket.on('error', error => fail(dialFailure(place, error)));
  });
}
