import { MegalithError } from '@megalith/agent';
import { onAbort } from '../executor/abort.js';
import { cancelled } from './in-time.js';

/** Large arrays go in pieces, so that hashing one never holds up the event loop. */
const pieceBytes = 2 ** 20;

/**
 * What is to be put, in pieces. It ends at once with the signal, though the body may not.
 * @throws MegalithError CANCELLED, USAGE for what is no bytes, and whatever the body throws
 */
export async function* bodyChunks(
  body: Uint8Array | AsyncIterable<Uint8Array>,
  what: string,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) {
    for (let at = 0; at < body.length; at += pieceBytes) yield body.subarray(at, at + pieceBytes);
    return;
  }
  let giveUp: (reason: unknown) => void = () => undefined;
  const unlisten = signal && onAbort(signal, () => giveUp(cancelled(what, signal)));
  const iterator = body[Symbol.asyncIterator]();
  let hasEnded = false;
  try {
    for (;;) {
      if (signal?.aborted) throw cancelled(what, signal);
      // Not `Promise.race`: with one promise for all rounds, that one would hold every chunk.
      const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        giveUp = reject;
        const ended = (error: unknown) => {
          hasEnded = true;
          reject(error);
        };
        iterator.next().then(resolve, ended);
      });
      if (next.done) {
        hasEnded = true;
        return;
      }
      yield requireBytes(next.value, what);
    }
  } finally {
    unlisten?.();
    if (!hasEnded) leave(iterator);
  }
}

/** Tells a body that nobody reads on. What hangs may answer late or never, and has no say in the outcome. */
function leave(iterator: AsyncIterator<Uint8Array>): void {
  iterator.return?.().then(undefined, () => undefined);
}

function requireBytes(chunk: unknown, what: string): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new MegalithError('USAGE', `something else than bytes was given ${what}: ${typeof chunk}`, {
    hint: 'give a Uint8Array, or something that yields them',
  });
}
