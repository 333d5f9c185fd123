import { closeSync, openSync, readSync } from 'node:fs';
import type { RunMaker } from './run-maker.js';

/** The lines that begin in a range of a file; the last one is read to its end, wherever that is. A line ends with `\n`, as for `sort`. */
export interface FileLines {
  readonly file: string;
  readonly start: number;
  /** Behind the last byte in which a line may begin. */
  readonly end: number;
}

/** A key that is a part of its line. */
export interface LineField {
  /** Counts from 1. A line that has fewer fields has an empty key. */
  readonly field: number;
  /** A byte. */
  readonly delimiter: number;
}

const newline = 0x0a;
const mostReadBytes = 2 ** 20;
/** Behind the range, where only the end of a line is wanted. */
const tailReadBytes = 64 * 1024;
/** Memory is full where not even so much can be read. */
const leastReadBytes = 32 * 1024;

/**
 * Gives lines of a file to a run maker, without their newlines. They are read straight to where they are sorted.
 * @param field their key @defaultValue the whole line
 * @param pause called between two reads
 * @throws MegalithError DISK_FULL; what reading throws
 */
export async function addFileLines(
  lines: FileLines,
  maker: RunMaker,
  pause: () => Promise<void>,
  field?: LineField,
): Promise<void> {
  const fd = openSync(lines.file, 'r');
  const reader = new LineReader(fd, lines, maker, field);
  try {
    while (reader.step()) await pause();
  } finally {
    reader.end();
    closeSync(fd);
  }
}

class LineReader {
  readonly #fd: number;
  readonly #end: number;
  readonly #maker: RunMaker;
  readonly #field: LineField | undefined;
  /** In the file: behind what was read. */
  #at: number;
  /** In a line that began before the range. */
  #isInside: boolean;
  /** In memory: where the line begins that was not told of yet. */
  #begin: number;
  /** In memory: up to here there is no newline. */
  #scanned: number;

  constructor(fd: number, { start, end }: FileLines, maker: RunMaker, field: LineField | undefined) {
    this.#fd = fd;
    this.#end = end;
    this.#maker = maker;
    this.#field = field;
    // If the byte before it ends a line, one begins at `start`.
    this.#at = Math.max(0, start - 1);
    this.#isInside = start > 0;
    this.#begin = maker.arena.used;
    this.#scanned = this.#begin;
  }

  /** One read; false once all lines are told of. */
  step(): boolean {
    const { arena } = this.#maker;
    const rest = this.#end - this.#at;
    if (rest <= 0 && this.#begin === arena.used && !this.#isInside) return false;
    const wanted = Math.min(this.#roomToRead(), rest > 0 ? rest : tailReadBytes);
    const got = readSync(this.#fd, arena.bytes, arena.used, wanted, this.#at);
    if (got === 0) {
      this.#last();
      return false;
    }
    this.#at += got;
    arena.used += got;
    return this.#scan();
  }

  /** What was read and told of nobody is let go. */
  end(): void {
    this.#maker.arena.used = this.#begin;
  }

  /** False where a line begins behind the range. */
  #scan(): boolean {
    const { arena } = this.#maker;
    let filled = arena.bytes.subarray(0, arena.used);
    for (;;) {
      const found = filled.indexOf(newline, this.#scanned);
      if (found === -1) break;
      if (!this.#isInside) {
        if (this.#lineAt >= this.#end) return false;
        if (!arena.hasRoom) {
          this.#spill();
          filled = arena.bytes.subarray(0, arena.used);
          continue;
        }
        this.#tell(found);
      }
      this.#isInside = false;
      this.#begin = found + 1;
      this.#scanned = found + 1;
    }
    // Of a line that is not ours nothing need be kept.
    if (this.#isInside || this.#lineAt >= this.#end) this.#begin = this.#dropped();
    this.#scanned = arena.used;
    return this.#isInside || this.#lineAt < this.#end;
  }

  #dropped(): number {
    this.#maker.arena.used = this.#begin;
    return this.#begin;
  }

  /** The end of the file ends its last line. */
  #last(): void {
    const { arena } = this.#maker;
    if (this.#begin === arena.used || this.#isInside) return;
    if (!arena.hasRoom) this.#spill();
    this.#tell(arena.used);
    this.#begin = arena.used;
  }

  /** In the file, of the line that was not told of yet. */
  get #lineAt(): number {
    return this.#at - (this.#maker.arena.used - this.#begin);
  }

  #roomToRead(): number {
    const { arena } = this.#maker;
    const least = Math.min(leastReadBytes, arena.bytes.length >> 2);
    if (arena.room < least && arena.count > 0) this.#spill();
    if (arena.room < least) arena.growTo(2 * arena.bytes.length);
    // The other half is for the table of what is read.
    return Math.min(mostReadBytes, Math.max(least, arena.room >> 1));
  }

  #spill(): void {
    this.#maker.spill(this.#begin);
    this.#scanned -= this.#begin;
    this.#begin = 0;
  }

  #tell(end: number): void {
    const { arena } = this.#maker;
    const begin = this.#begin;
    if (this.#field === undefined) {
      arena.tell(begin, end - begin, 0, 0);
      return;
    }
    const { field, delimiter } = this.#field;
    let from = begin;
    for (let passed = 1; passed < field; passed++) {
      const found = arena.bytes.indexOf(delimiter, from);
      if (found === -1 || found >= end) {
        arena.tell(end, 0, begin, end - begin + 1);
        return;
      }
      from = found + 1;
    }
    const found = arena.bytes.indexOf(delimiter, from);
    const to = found === -1 || found > end ? end : found;
    arena.tell(from, to - from, begin, end - begin + 1);
  }
}
