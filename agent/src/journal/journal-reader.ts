import { type FileHandle, open } from 'node:fs/promises';
import { type EntryKind, parseEntry } from './entry-codec.js';
import { FileGrowth } from './file-growth.js';

/** Bytes read at a time; a longer entry is read whole. */
const readBytes = 2 ** 20;

export interface JournalEntry {
  readonly kind: EntryKind;
  readonly payload: Buffer;
  /** Where the entry starts in the file, and where the next one does. */
  readonly offset: number;
  readonly end: number;
}

export interface JournalDamage {
  readonly offset: number;
  /** `torn`: the file ends inside an entry, as after a kill in mid-write. `corrupt`: the bytes are not what was written. */
  readonly reason: 'torn' | 'corrupt';
}

export interface JournalReaderOptions {
  /** The `end` of an entry read before. @defaultValue 0 */
  readonly from?: number;
  /**
   * Wait for more entries at the end of the file. Asked each time the file did not grow for a while (1 s at most):
   * the reading ends when it gives false and nothing more was written. @defaultValue never
   */
  readonly follow?: () => boolean | Promise<boolean>;
  /** Ends the reading by throwing its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Reads a journal entry by entry, holding no more than one read of it in memory. The reading ends at the first entry that
 * is not whole, and `damage` tells where: what came before is right, and is all that can be trusted.
 */
export class JournalReader implements AsyncIterable<JournalEntry> {
  readonly path: string;
  readonly #options: JournalReaderOptions;
  #position: number;
  #damage: JournalDamage | undefined;

  constructor(path: string, options: JournalReaderOptions = {}) {
    this.path = path;
    this.#options = options;
    this.#position = options.from ?? 0;
  }

  /** The end of the last entry given: where a later reader goes on. */
  get position(): number {
    return this.#position;
  }

  /** Set after a reading that ended before the end of the file. */
  get damage(): JournalDamage | undefined {
    return this.#damage;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<JournalEntry, void> {
    const { follow, signal } = this.#options;
    const file = await open(this.path, 'r');
    const growth = follow ? new FileGrowth(this.path, signal) : undefined;
    try {
      for (let isLastRound = follow === undefined; ; ) {
        signal?.throwIfAborted();
        yield* this.#entriesNow(file);
        if (this.#damage?.reason === 'corrupt' || isLastRound) return;
        const hasGrown = await growth!.next();
        if (!hasGrown) isLastRound = !(await follow!());
      }
    } finally {
      growth?.stop();
      await file.close();
    }
  }

  /** The whole entries that the file holds at present. */
  async *#entriesNow(file: FileHandle): AsyncGenerator<JournalEntry, void> {
    let wanted = readBytes;
    for (;;) {
      this.#options.signal?.throwIfAborted();
      const { size } = await file.stat();
      const chunk = await readChunk(file, this.#position, Math.min(wanted, size - this.#position));
      const needed = yield* this.#entriesOf(chunk);
      if (needed === undefined) return;
      if (this.#position + needed > size) {
        this.#damage = this.#position < size ? { offset: this.#position, reason: 'torn' } : undefined;
        return;
      }
      wanted = Math.max(readBytes, needed);
    }
  }

  /** Gives the bytes that the entry after the last whole one needs at least, or undefined where it is corrupt. */
  *#entriesOf(chunk: Buffer): Generator<JournalEntry, number | undefined> {
    for (let start = 0; ; ) {
      const parsed = parseEntry(chunk, start);
      if (parsed.status === 'incomplete') return parsed.byteLength;
      const offset = this.#position;
      if (parsed.status === 'corrupt') {
        this.#damage = { offset, reason: 'corrupt' };
        return undefined;
      }
      start += parsed.byteLength;
      this.#position = offset + parsed.byteLength;
      yield { kind: parsed.kind, payload: parsed.payload, offset, end: this.#position };
    }
  }
}

async function readChunk(file: FileHandle, position: number, byteLength: number): Promise<Buffer> {
  const chunk = Buffer.allocUnsafe(Math.max(0, byteLength));
  let filled = 0;
  while (filled < chunk.byteLength) {
    const { bytesRead } = await file.read(chunk, filled, chunk.byteLength - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return chunk.subarray(0, filled);
}
