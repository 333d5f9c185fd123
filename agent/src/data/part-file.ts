import { MegalithError } from '../errors.js';
import type { ByteSource } from './byte-source.js';
import type { DataPart } from './data-part.js';
import { dataChanged } from './read-failure.js';

/** A whole object, read by offset. */
export interface PartFile {
  readonly byteLength: number;
  /** As `ArrayBuffer.slice`: what is below 0 counts from the end, and without `end` all that follows is read. */
  slice(start: number, end?: number): Promise<ArrayBuffer>;
}

/** @throws MegalithError USAGE where nobody knows how large the object is */
export function partFile({ name, bytes: byteLength }: DataPart, source: ByteSource): PartFile {
  if (byteLength === undefined) {
    throw new MegalithError('USAGE', `"${name}" is no file: its server does not say how large it is`, {
      hint: 'take its bytes() or stream()',
    });
  }
  const offset = (at: number): number => (at < 0 ? Math.max(0, byteLength + at) : Math.min(byteLength, at));
  return {
    byteLength,
    slice: async (first, last = byteLength) => {
      const start = offset(first);
      const end = Math.max(start, offset(last));
      const slice = new Uint8Array(end - start);
      let length = 0;
      for await (const bytes of source.read(start, end)) {
        slice.set(bytes, length);
        length += bytes.length;
      }
      if (length < slice.length) {
        throw dataChanged(name, `it ends at byte ${start + length} now, not at ${byteLength}`);
      }
      return slice.buffer;
    },
  };
}
