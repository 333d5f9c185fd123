import { cr, lf, type RecordEnd } from './record-end.js';

/** How CSV is written: single ASCII characters. */
export interface CsvStyle {
  readonly quote: number;
  readonly delimiter: number;
}

const inField = 0;
const fieldStart = 1;
const inQuotes = 2;
const afterQuote = 3;

const bom = [0xef, 0xbb, 0xbf];

/**
 * Ends of CSV records. A quote opens only at the beginning of a field, and a doubled one is none; elsewhere it is a character like others.
 * Cutter and reader both use it, so that they never differ.
 */
export class CsvEnd implements RecordEnd {
  readonly #quote: number;
  readonly #delimiter: number;
  #state = fieldStart;
  #afterCr = false;
  /** How much of a byte order mark came; undefined once it can't come any more. */
  #bomBytes: number | undefined;

  /** @param atObjectStart there may be a byte order mark, which is before the first field */
  constructor(style: CsvStyle, atObjectStart: boolean) {
    this.#quote = style.quote;
    this.#delimiter = style.delimiter;
    this.#bomBytes = atObjectStart ? 0 : undefined;
  }

  /** True where the bytes so far end between quotes. */
  get isOpen(): boolean {
    return this.#state === inQuotes;
  }

  /** Goes past a chunk where it has no quotes and is between none: records then end as lines do. False where it must look at each byte. */
  passesAsLines(chunk: Buffer): boolean {
    if (this.isOpen || this.#afterCr || this.#bomBytes !== undefined || chunk.includes(this.#quote)) return false;
    const last = chunk.at(-1);
    this.#afterCr = last === cr;
    this.#state = last === this.#delimiter || last === lf || last === cr ? fieldStart : inField;
    return true;
  }

  find(chunk: Buffer, from: number): number {
    const { length } = chunk;
    let at = from;
    if (this.#bomBytes !== undefined) at = this.#skipBom(chunk, at);
    if (at >= length) return -1;
    if (this.#afterCr) {
      this.#afterCr = false;
      return chunk[at] === lf ? at + 1 : at;
    }
    const quote = this.#quote;
    const delimiter = this.#delimiter;
    let state = this.#state;
    while (at < length) {
      if (state === inQuotes) {
        const closing = chunk.indexOf(quote, at);
        if (closing < 0) break;
        at = closing + 1;
        state = afterQuote;
        continue;
      }
      const byte = chunk[at++];
      if (byte === quote && state !== inField) {
        state = inQuotes;
      } else if (byte === delimiter) {
        state = fieldStart;
      } else if (byte === lf) {
        this.#state = fieldStart;
        return at;
      } else if (byte === cr) {
        this.#state = fieldStart;
        if (at < length) return chunk[at] === lf ? at + 1 : at;
        this.#afterCr = true;
        return -1;
      } else {
        state = inField;
      }
    }
    this.#state = state;
    return -1;
  }

  #skipBom(chunk: Buffer, from: number): number {
    let at = from;
    let seen = this.#bomBytes ?? 0;
    while (at < chunk.length && seen < bom.length && chunk[at] === bom[seen]) {
      at++;
      seen++;
    }
    if (seen === bom.length) this.#bomBytes = undefined;
    else if (at === chunk.length) this.#bomBytes = seen;
    else {
      this.#bomBytes = undefined;
      if (seen > 0) this.#state = inField;
    }
    return at;
  }
}
