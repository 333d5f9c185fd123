import { close as closeFile, openSync, writev as writeVector } from 'node:fs';
import { truncate } from 'node:fs/promises';
import { promisify } from 'node:util';
import { MegalithError } from '../errors.js';
import { privateFile } from './atomic-file.js';
import { type EntryKind, frameEntry } from './entry-codec.js';
import { JournalReader } from './journal-reader.js';
import { writeFailure } from './write-failure.js';
import { withoutCrumbs, withoutFirst } from './write-parts.js';

const writev = promisify(writeVector);
const close = promisify(closeFile);

/** Bytes that may wait for the disk before `drained` holds the caller back: some 100 ms of a slow disk. */
const defaultPendingLimitBytes = 16 * 2 ** 20;

export interface JournalWriterOptions {
  /** Called once, when the journal can no longer be written; entries not yet on disk are lost, later ones ignored. */
  readonly onError: (error: MegalithError) => void;
  /** @defaultValue 16 MiB */
  readonly pendingLimitBytes?: number;
  /** Called for each entry once it is written, in order. */
  readonly onWritten?: (entry: WrittenEntry) => void;
}

/** An entry as it lies in the file, from `start` up to `end`. */
export interface WrittenEntry {
  readonly kind: EntryKind;
  readonly parts: readonly Uint8Array[];
  readonly start: number;
  readonly end: number;
}

interface Waiter {
  readonly isMet: () => boolean;
  readonly resolve: () => void;
}

/**
 * Appends entries to a journal in the background: one write at a time, and all that came meanwhile goes with the next.
 * Written means handed to the operating system, so it outlives this process, though not a power cut.
 */
export class JournalWriter {
  readonly path: string;
  readonly #descriptor: number;
  readonly #onError: (error: MegalithError) => void;
  readonly #pendingLimitBytes: number;
  readonly #onWritten: ((entry: WrittenEntry) => void) | undefined;
  /** Where this writer's first byte lies. */
  readonly #base: number;
  readonly #unwritten: WrittenEntry[] = [];
  #queue: Uint8Array[] = [];
  #appendedBytes = 0;
  #writtenBytes = 0;
  #isWriting = false;
  #waiters: Waiter[] = [];
  #failure: MegalithError | undefined;
  #closed: Promise<void> | undefined;

  private constructor(path: string, options: JournalWriterOptions, base = 0) {
    this.path = path;
    this.#base = base;
    this.#onError = options.onError;
    this.#onWritten = options.onWritten;
    this.#pendingLimitBytes = options.pendingLimitBytes ?? defaultPendingLimitBytes;
    this.#descriptor = openSync(path, 'a', privateFile);
  }

  /** Starts a journal in a file that is empty, or not there. */
  static open(path: string, options: JournalWriterOptions): JournalWriter {
    return new JournalWriter(path, options);
  }

  /**
   * Goes on with a journal whose writer is gone; an entry that it left half-written is cut off.
   * @throws MegalithError JOURNAL_FAILED where the journal is damaged before its end
   */
  static async resume(path: string, options: JournalWriterOptions): Promise<JournalWriter> {
    const reader = new JournalReader(path);
    for await (const _entry of reader);
    if (reader.damage?.reason === 'corrupt') {
      throw new MegalithError('JOURNAL_FAILED', `the journal "${path}" is damaged at byte ${reader.damage.offset}`, {
        hint: 'run the job again under a new id; `megalith jobs rm` removes the damaged one',
        details: { path, offset: reader.damage.offset },
      });
    }
    if (reader.damage) await truncate(path, reader.damage.offset);
    return new JournalWriter(path, options, reader.position);
  }

  /** Where the file ends once all so far is written. */
  get end(): number {
    return this.#base + this.#appendedBytes;
  }

  /** Bytes that wait to be written. */
  get pending(): number {
    return this.#appendedBytes - this.#writtenBytes;
  }

  /** Adds one entry. `parts` are kept by reference: they must not change until they are written. */
  append(kind: EntryKind, parts: readonly Uint8Array[]): void {
    if (this.#closed) throw new Error(`journal "${this.path}" is closed`);
    if (this.#failure) return;
    const payload = withoutCrumbs(parts);
    const { header, trailer, byteLength } = frameEntry(kind, payload);
    this.#queue.push(header, ...payload, trailer);
    const start = this.#base + this.#appendedBytes;
    this.#appendedBytes += byteLength;
    if (this.#onWritten) this.#unwritten.push({ kind, parts, start, end: start + byteLength });
    if (this.#isWriting) return;
    this.#isWriting = true;
    // A microtask later, so that entries of one turn share one write.
    queueMicrotask(() => void this.#writeQueue());
  }

  /** Settles once no more than the limit waits to be written, or the journal has failed: the caller's cue to go on. */
  drained(): Promise<void> {
    return this.#until(() => this.pending <= this.#pendingLimitBytes);
  }

  /** Settles once all that was appended before the call is written; throws the journal's failure. */
  async flush(): Promise<void> {
    const target = this.#appendedBytes;
    await this.#until(() => this.#writtenBytes >= target);
    if (this.#failure) throw this.#failure;
  }

  /** Writes what waits and closes the file; throws the journal's failure. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#until(() => this.pending === 0)
      .then(() => close(this.#descriptor))
      .then(() => {
        if (this.#failure) throw this.#failure;
      });
    return this.#closed;
  }

  async #writeQueue(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        const batch = this.#queue;
        this.#queue = [];
        await this.#writeAll(batch);
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#isWriting = false;
    this.#wake();
  }

  async #writeAll(batch: Uint8Array[]): Promise<void> {
    let rest = batch;
    while (rest.length > 0) {
      const { bytesWritten } = await writev(this.#descriptor, rest);
      this.#writtenBytes += bytesWritten;
      this.#tellWritten();
      this.#wake();
      rest = withoutFirst(rest, bytesWritten);
    }
  }

  #tellWritten(): void {
    const end = this.#base + this.#writtenBytes;
    const open = this.#unwritten.findIndex(entry => entry.end > end);
    for (const entry of this.#unwritten.splice(0, open < 0 ? this.#unwritten.length : open)) this.#onWritten?.(entry);
  }

  #fail(cause: unknown): void {
    this.#failure = writeFailure(this.path, cause);
    this.#queue = [];
    this.#appendedBytes = this.#writtenBytes;
    this.#onError(this.#failure);
  }

  #until(isMet: () => boolean): Promise<void> {
    if (isMet() || this.#failure) return Promise.resolve();
    return new Promise(resolve => this.#waiters.push({ isMet, resolve }));
  }

  #wake(): void {
    if (this.#waiters.length === 0) return;
    const waiting = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiting) {
      if (this.#failure || waiter.isMet()) waiter.resolve();
      else this.#waiters.push(waiter);
    }
  }
}
