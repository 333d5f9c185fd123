/** Looks for ends of records in chunks that follow each other. */
export interface RecordEnd {
  /**
   * Where the record that is under way at `from` ends, as an index behind its newline; -1 where it goes on in the next chunk, which is then to be
   * asked from 0: the answer may be 0, for what looked unfinished may have ended with the last chunk.
   */
  find(chunk: Buffer, from: number): number;
  /** What came so far ends between quotes. */
  readonly isOpen?: boolean;
}

export const lf = 10;
export const cr = 13;

/** Ends of lines: `\n`, `\r\n` and `\r`. */
export class LineEnd implements RecordEnd {
  #afterCr = false;

  find(chunk: Buffer, from: number): number {
    if (from >= chunk.length) return -1;
    if (this.#afterCr) {
      this.#afterCr = false;
      return chunk[from] === lf ? from + 1 : from;
    }
    const atLf = chunk.indexOf(lf, from);
    const atCr = (atLf < 0 ? chunk : chunk.subarray(0, atLf)).indexOf(cr, from);
    if (atCr < 0) return atLf < 0 ? -1 : atLf + 1;
    if (atCr + 1 < chunk.length) return chunk[atCr + 1] === lf ? atCr + 2 : atCr + 1;
    this.#afterCr = true;
    return -1;
  }
}

/** Ends of lines of which only `\n` ends one, as NDJSON has it: in it a lone `\r` is a space. */
export class LfEnd implements RecordEnd {
  find(chunk: Buffer, from: number): number {
    const at = chunk.indexOf(lf, from);
    return at < 0 ? -1 : at + 1;
  }
}
