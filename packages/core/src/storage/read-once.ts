import type { Readable } from 'node:stream';
import { MegalithError } from '@megalith/agent';
import { formatDuration } from '../config/duration.js';
import { onAbort } from '../executor/abort.js';
import { cancelled } from './in-time.js';
import type { StoredBytes, StoredObject } from './storage.js';

/** So long what was asked for waits for its reader. Then its file or connection is freed. */
const unreadMs = 60_000;

export interface ReadLimits {
  /** In words, for errors: `while "a/b" was read`. */
  readonly what: string;
  readonly stallMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Bytes for one reader, from a source that is open already: it is destroyed whether anyone reads it or not. */
export function readOnce(
  object: StoredObject,
  source: Readable,
  chunks: () => AsyncIterator<Uint8Array>,
  signal?: AbortSignal,
): StoredBytes {
  // Without a reader nobody else would hear it.
  source.on('error', () => undefined);
  const unread = setTimeout(() => source.destroy(), unreadMs).unref();
  const unlisten = signal && onAbort(signal, () => source.destroy());
  source.once('close', () => {
    clearTimeout(unread);
    unlisten?.();
  });
  return {
    object,
    [Symbol.asyncIterator]: () => {
      clearTimeout(unread);
      return chunks();
    },
  };
}

/**
 * What a source gives until it ends; a source that gives nothing for too long is destroyed. The reader may take its time.
 * @throws MegalithError CANCELLED, STORE_FAILED where it stalls, and whatever the source throws
 */
export async function* chunksOf(source: Readable, limits: ReadLimits): AsyncGenerator<Uint8Array> {
  const { what, stallMs, signal } = limits;
  const watch = () => setTimeout(() => source.destroy(stalled(what, stallMs)), stallMs);
  const unlisten = signal && onAbort(signal, () => source.destroy(cancelled(what, signal)));
  let timer = watch();
  try {
    if (signal?.aborted) throw cancelled(what, signal);
    for await (const chunk of source) {
      clearTimeout(timer);
      yield chunk as Uint8Array;
      timer = watch();
    }
  } catch (error) {
    throw signal?.aborted ? cancelled(what, signal) : error;
  } finally {
    clearTimeout(timer);
    unlisten?.();
    source.destroy();
  }
}

function stalled(what: string, stallMs: number): MegalithError {
  return new MegalithError('STORE_FAILED', `no byte came for ${formatDuration(stallMs)} ${what}`, {
    hint: 'see whether the store can be reached from here',
  });
}
