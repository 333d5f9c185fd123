import { type LineBatch, lineBatch } from '../line-batch.js';
import { cr } from '../record-end.js';
import type { ScanMemory } from './scan-memory.js';
import { boldEnds, stepBytes } from './scan-module.js';

/** Of one read. Measured on 2 cores of 1 MiB of cache each, for reading and scanning a GiB: 152 ms with a quarter, 143 with half, 130, 124 with twice. */
export const blockBytes = 1024 * 1024;

/** An unfinished record up to this size is moved before the next block; a longer one is where it is, and the block comes behind it. */
const carryBytes = 64 * 1024;
const endsBytes = 4 * (blockBytes + 1 + boldEnds);
const pageBytes = 4096;
/** At a page: the system copies a file's pages faster to where a page begins. */
const firstBlockAt = Math.ceil((endsBytes + carryBytes) / pageBytes) * pageBytes;

/** How much memory a scan begins with. */
export const scanBytes = firstBlockAt + blockBytes + stepBytes;

/**
 * Makes batches of bytes that follow each other. Its memory has, in this order, ends, the record that is under way, and the block that goes on with it;
 * so a batch is a view, and of its bytes only the last few are ever copied.
 */
export class LineScan {
  readonly #memory: ScanMemory;
  readonly #isCrEnd: boolean;
  /** Where the record that is under way begins, and where its bytes end so far. */
  #recordAt = firstBlockAt;
  #filledTo = firstBlockAt;
  /** The last byte is a `\r`, of which the next one says whether the line ends with it. */
  #isCrOpen = false;

  /** @param isCrEnd a `\r` ends a line too */
  constructor(memory: ScanMemory, isCrEnd: boolean) {
    this.#memory = memory;
    this.#isCrEnd = isCrEnd;
  }

  /** Bytes of the record that is under way. */
  get openBytes(): number {
    return this.#filledTo - this.#recordAt;
  }

  /** Room for the next `blockBytes`. What batches had is no longer theirs. */
  room(): Uint8Array {
    const open = this.openBytes;
    if (open <= carryBytes) {
      const at = firstBlockAt - open;
      if (open > 0) new Uint8Array(this.#memory.buffer).copyWithin(at, this.#recordAt, this.#filledTo);
      this.#recordAt = at;
      this.#filledTo = firstBlockAt;
    }
    const missing = this.#filledTo + blockBytes + stepBytes - this.#memory.buffer.byteLength;
    // Twice as much each time, so that what a machine copies to give more stays in proportion.
    if (missing > 0) this.#memory.grow(Math.max(missing, open));
    return new Uint8Array(this.#memory.buffer, this.#filledTo, blockBytes);
  }

  /**
   * The records that end in `bytes`, which are what was put into `room()`, or a part of it; before the first record they may begin later in it.
   * At least one byte.
   * @param offset where in the object they begin
   */
  batch(bytes: Uint8Array, offset: number): LineBatch | undefined {
    const before = this.openBytes;
    if (before === 0) this.#recordAt = bytes.byteOffset;
    const to = bytes.byteOffset + bytes.length;
    const from = bytes.byteOffset - (this.#isCrOpen ? 1 : 0);
    this.#filledTo = to;
    this.#isCrOpen = this.#isCrEnd && bytes.at(-1) === cr;
    const base = this.#recordAt;
    const scan = this.#isCrEnd ? 'scanLines' : 'scanLf';
    const outAfter = this.#memory[scan](from, this.#isCrOpen ? to - 1 : to, base, 0);
    if (outAfter === 0) return undefined;
    const ends = new Uint32Array(this.#memory.buffer, 0, outAfter / 4);
    const last = ends.at(-1)!;
    this.#recordAt = base + last;
    return lineBatch(new Uint8Array(this.#memory.buffer, base, last), ends, offset - before);
  }

  /** The last record, which has no end of its own or ends with a `\r`. @param offset where in the object the bytes end */
  rest(offset: number): LineBatch | undefined {
    const open = this.openBytes;
    if (open === 0) return undefined;
    const ends = new Uint32Array(this.#memory.buffer, 0, 1);
    ends[0] = open;
    return lineBatch(new Uint8Array(this.#memory.buffer, this.#recordAt, open), ends, offset - open);
  }
}
