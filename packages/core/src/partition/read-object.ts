import { type DataPart, openPart, type PartFile, sourceOf } from '@megalith/agent';
import type { ByteRange } from '../storage/storage.js';
import type { FoundObject } from './found-object.js';

/** Bytes of an object, read here as a task would. */
export async function* readObject(
  object: FoundObject,
  signal: AbortSignal,
  { start, end = Number.MAX_SAFE_INTEGER - 1 }: ByteRange = { start: 0 },
): AsyncGenerator<Uint8Array> {
  const part = await wholeOf(object);
  yield* sourceOf(part, signal).read(start, Math.min(end + 1, part.end));
}

/** An object as a task would have it by offset. */
export async function objectFile(object: FoundObject, signal: AbortSignal): Promise<PartFile> {
  return openPart(await wholeOf(object), signal).file();
}

async function wholeOf({ source, name, bytes, version }: FoundObject): Promise<DataPart> {
  return {
    megalith: 'part',
    from: await source(),
    name,
    start: 0,
    end: bytes ?? Number.MAX_SAFE_INTEGER,
    part: 0,
    format: { type: 'bytes' },
    ...(bytes === undefined ? {} : { bytes }),
    ...(version === undefined ? {} : { version }),
  };
}
