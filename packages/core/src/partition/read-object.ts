import { sourceOf } from '@megalith/agent';
import type { ByteRange } from '../storage/storage.js';
import type { FoundObject } from './found-object.js';

/** Bytes of an object, read here as a task would. */
export async function* readObject(
  object: FoundObject,
  signal: AbortSignal,
  { start, end = Number.MAX_SAFE_INTEGER - 1 }: ByteRange = { start: 0 },
): AsyncGenerator<Uint8Array> {
  const { name, bytes, version } = object;
  const part = {
    megalith: 'part',
    from: await object.source(),
    name,
    start,
    end: Math.min(end + 1, bytes ?? Number.MAX_SAFE_INTEGER),
    part: 0,
    format: { type: 'bytes' },
    ...(bytes === undefined ? {} : { bytes }),
    ...(version === undefined ? {} : { version }),
  } as const;
  yield* sourceOf(part, signal).read(part.start, part.end);
}
