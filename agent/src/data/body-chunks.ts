import type { IncomingMessage } from 'node:http';

/** A rest of this size comes faster than a new connection. */
const drainBytes = 256 * 1024;
const drainMs = 2000;

/** The connection broke, stalled or closed too early: what is missing may come over another. */
export class Interrupted extends Error {}

/**
 * The body's bytes as they come. Waits only while it is asked, so that a slow reader is no stall.
 * @param length of the body, where it is known
 * @throws Interrupted
 */
export async function* bodyChunks(
  response: IncomingMessage,
  length: number | undefined,
  stallMs: number,
): AsyncGenerator<Buffer> {
  let received = 0;
  let failure: Error | undefined;
  let wake = (): void => undefined;
  const onChange = (): void => wake();
  response.on('readable', onChange).on('end', onChange).on('close', onChange);
  response.on('error', error => {
    failure = error;
    wake();
  });
  try {
    for (;;) {
      const chunk = response.read() as Buffer | null;
      if (chunk !== null) {
        const rest = length === undefined ? chunk.length : length - received;
        received += chunk.length;
        yield chunk.length <= rest ? chunk : chunk.subarray(0, rest);
        if (length !== undefined && received >= length) return;
        continue;
      }
      if (response.readableEnded) break;
      if (failure !== undefined || response.destroyed) {
        throw new Interrupted(failure?.message ?? 'the connection closed', { cause: failure });
      }
      await change(stallMs, woken => {
        wake = woken;
      });
    }
    if (length !== undefined && received < length) throw new Interrupted('fewer bytes came than were said');
  } finally {
    response.off('readable', onChange);
    release(response, length === undefined ? undefined : length - received);
  }
}

function change(stallMs: number, onWake: (wake: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Interrupted(`nothing came in ${stallMs} ms`)), stallMs);
    onWake(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** What nobody wants to read. */
export function letGo(response: IncomingMessage): void {
  response.on('error', () => undefined);
  const { 'content-length': length } = response.headers;
  release(response, length === undefined ? undefined : Number(length));
}

/** Lets the connection be used again where little is left to come. */
function release(response: IncomingMessage, rest: number | undefined): void {
  if (response.readableEnded || response.destroyed) return;
  if (rest === undefined || rest > drainBytes) {
    response.destroy();
    return;
  }
  const late = setTimeout(() => response.destroy(), drainMs).unref();
  response.once('close', () => clearTimeout(late));
  response.resume();
}
