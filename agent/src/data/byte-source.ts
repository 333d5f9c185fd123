import { setMaxListeners } from 'node:events';
import type { DataPart } from './data-part.js';
import { FileSource } from './file-source.js';
import { UrlSource } from './url-source.js';

/** The bytes of one object, by range. */
export interface ByteSource {
  /**
   * Bytes from `start` up to `end`. Fewer only where the object ends before, or the loop is left, which closes what it opened.
   * Nothing writes to what was given.
   */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
  /** The same into memory of the caller, where that is faster: each chunk is the first bytes of what `room` gave for it. */
  readInto?(start: number, end: number, room: () => Uint8Array): AsyncIterable<Uint8Array>;
}

/** @param signal ends every read, also one that nobody waits for */
export function sourceOf(part: DataPart, signal: AbortSignal): ByteSource {
  // Each read that is under way listens.
  setMaxListeners(0, signal);
  return 'file' in part.from ? new FileSource(part, part.from.file, signal) : new UrlSource(part, part.from, signal);
}
