import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { chunksOf, type ReadLimits } from './read-once.js';

/** Connections in a row that may end without having brought a byte. */
const vainTries = 3;
const pauseMs = 200;

/**
 * The bytes of a part of an object over as many connections as it takes: one that is cut goes on where it ended.
 * @param open a connection that brings the part's bytes from an offset on, of the very same object
 */
export async function* readResuming(
  first: Readable,
  length: number,
  open: (offset: number) => Promise<Readable>,
  limits: ReadLimits,
): AsyncGenerator<Uint8Array> {
  let source = first;
  let offset = 0;
  try {
    for (let vain = 0; ; ) {
      const before = offset;
      let cut: unknown;
      try {
        for await (const chunk of chunksOf(source, limits)) {
          offset += chunk.length;
          yield chunk;
        }
      } catch (error) {
        cut = error;
      }
      if (offset >= length) return;
      if (limits.signal?.aborted) throw cut;
      cut ??= new Error(`the connection ended after ${offset} of ${length} bytes`);
      vain = offset > before ? 0 : vain + 1;
      if (vain >= vainTries) throw cut;
      await delay(pauseMs * (vain + 1), undefined, limits.signal === undefined ? {} : { signal: limits.signal });
      source = await open(offset);
    }
  } finally {
    source.destroy();
  }
}
