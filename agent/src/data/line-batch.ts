import { cr, lf } from './record-end.js';

/**
 * Many records at once: the fastest way to go through them, as nothing is made for each. Record `i` is from `i === 0 ? 0 : ends[i - 1]` up to
 * `ends[i]`, its newline with it. `bytes` and `ends`, and so what `line` gives, are written over once the next batch is asked for or the loop is left:
 * copy what is to stay.
 */
export interface LineBatch {
  /** The records, one behind the other, from 0 on. */
  readonly bytes: Uint8Array;
  /** Where each record ends in `bytes`, behind its newline. */
  readonly ends: Uint32Array;
  /** Of records; at least 1. */
  readonly count: number;
  /** Where in the object `bytes` begin; of a compressed one, in what is inside. */
  readonly offset: number;
  /** A view of record `i` without its newline. */
  line(i: number): Uint8Array;
  /** Record `i` as UTF-8, without its newline; it stays. */
  text(i: number): string;
}

/** @param hasNewlines false where records end without one, and all their bytes count */
export function lineBatch(bytes: Uint8Array, ends: Uint32Array, offset: number, hasNewlines = true): LineBatch {
  return new Batch(bytes, ends, offset, hasNewlines);
}

class Batch implements LineBatch {
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
  readonly count: number;
  readonly offset: number;
  readonly #hasNewlines: boolean;
  /** The same, with a decoder. */
  #buffer: Buffer | undefined;

  constructor(bytes: Uint8Array, ends: Uint32Array, offset: number, hasNewlines: boolean) {
    this.bytes = bytes;
    this.ends = ends;
    this.count = ends.length;
    this.offset = offset;
    this.#hasNewlines = hasNewlines;
  }

  line(i: number): Uint8Array {
    return this.bytes.subarray(this.#begin(i), this.#bareEnd(i));
  }

  text(i: number): string {
    this.#buffer ??= Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
    const text = this.#buffer.toString('utf8', this.#begin(i), this.#bareEnd(i));
    return i === 0 && this.offset === 0 && text.startsWith('\ufeff') ? text.slice(1) : text;
  }

  #begin(i: number): number {
    if (i < 0 || i >= this.count) throw new RangeError(`record ${i} of a batch of ${this.count}`);
    return i === 0 ? 0 : this.ends[i - 1]!;
  }

  #bareEnd(i: number): number {
    const { bytes } = this;
    const begin = this.#begin(i);
    let end = this.ends[i]!;
    if (!this.#hasNewlines) return end;
    if (end > begin && bytes[end - 1] === lf) end--;
    if (end > begin && bytes[end - 1] === cr) end--;
    return end;
  }
}
