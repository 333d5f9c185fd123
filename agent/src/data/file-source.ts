import { type BigIntStats, constants, fstatSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { isMegalithError, MegalithError } from '../errors.js';
import type { ByteSource } from './byte-source.js';
import type { DataPart } from './data-part.js';
import { dataChanged, dataMissing, readCancelled } from './read-failure.js';

/** Of one read. Measured: 4.1 GB/s of processor time, against 2.5 with half of it, for each goes to a thread and back; no more with twice. */
const chunkBytes = 1024 * 1024;
const pageBytes = 4096;
/** How long reads without a wait keep signals and messages from being seen. */
const turnMs = 10;

/** A file of this machine. Its version is looked at after each read, so that no byte of another version is given. */
export class FileSource implements ByteSource {
  readonly #part: DataPart;
  readonly #file: string;
  readonly #signal: AbortSignal;

  constructor(part: DataPart, file: string, signal: AbortSignal) {
    this.#part = part;
    this.#file = file;
    this.#signal = signal;
  }

  async *read(start: number, end: number): AsyncGenerator<Buffer> {
    const { name } = this.#part;
    const file = await this.#opened();
    let next: Promise<Buffer> | undefined;
    try {
      const { size } = checked(this.#part, await file.handle.stat({ bigint: true }));
      const last = Math.min(end, size);
      let at = start;
      next = at < last ? this.#chunk(file.handle, at, last) : undefined;
      while (next !== undefined) {
        const bytes = await next;
        if (bytes.length === 0) throw dataChanged(name, `it ends at byte ${at} now`);
        at += bytes.length;
        // The next is read while this one is worked on.
        next = at < last ? this.#chunk(file.handle, at, last) : undefined;
        next?.catch(() => undefined);
        yield bytes;
      }
    } catch (error) {
      throw this.#failure(error);
    } finally {
      await file.close();
    }
  }

  /**
   * In the thread that works on the bytes: what it read is in its processor's cache, and there is no way to another thread and back.
   * Others get their turn after `turnMs`.
   */
  async *readInto(start: number, end: number, room: () => Uint8Array): AsyncGenerator<Uint8Array> {
    const { name, version } = this.#part;
    const file = await this.#opened();
    const stat = (): { readonly size: number } => checked(this.#part, fstatSync(file.handle.fd, { bigint: true }));
    try {
      const last = Math.min(end, stat().size);
      let turnAt = performance.now();
      for (let at = start; at < last; ) {
        if (performance.now() - turnAt > turnMs) {
          await setImmediate();
          turnAt = performance.now();
        }
        // The handle is closed then, and its number may be another file's.
        if (this.#signal.aborted) throw readCancelled(name, this.#signal);
        const place = room();
        // After the first, each begins at a page of the file: copying those takes a fifth of the time.
        const most = place.length - (at % pageBytes);
        const length = readSync(file.handle.fd, place, 0, Math.min(most, last - at), at);
        if (version !== undefined) stat();
        if (length === 0) throw dataChanged(name, `it ends at byte ${at} now`);
        yield place.subarray(0, length);
        at += length;
      }
    } catch (error) {
      throw this.#failure(error);
    } finally {
      await file.close();
    }
  }

  async #opened(): Promise<{ readonly handle: FileHandle; readonly close: () => Promise<void> }> {
    const signal = this.#signal;
    if (signal.aborted) throw readCancelled(this.#part.name, signal);
    const handle = await this.#open();
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => {
      signal.removeEventListener('abort', onAbort);
      closing ??= handle.close();
      return closing;
    };
    // Also where a loop was left without its end, and nobody asks for more.
    const onAbort = (): void => void close().catch(() => undefined);
    signal.addEventListener('abort', onAbort, { once: true });
    return { handle, close };
  }

  async #open(): Promise<FileHandle> {
    try {
      // A fifo that took the file's place does not make us wait.
      return await open(this.#file, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  async #chunk(handle: FileHandle, at: number, end: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(Math.min(chunkBytes, end - at));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    if (this.#part.version !== undefined) checked(this.#part, await handle.stat({ bigint: true }));
    return bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead);
  }

  #failure(error: unknown): unknown {
    const { name } = this.#part;
    if (this.#signal.aborted) return readCancelled(name, this.#signal);
    if (isMegalithError(error)) return error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return dataMissing(name);
    return new MegalithError('STORE_FAILED', `"${name}" can't be read: ${message}`, {
      hint: 'see that its disk is well, and that tasks may read it',
      cause: error,
    });
  }
}

function checked({ name, version }: DataPart, stats: BigIntStats): { readonly size: number } {
  if (!stats.isFile()) {
    throw new MegalithError('USAGE', `"${name}" is no file`, { hint: 'name a file, or a folder with a pattern' });
  }
  if (version !== undefined && `${stats.size}-${stats.mtimeNs}` !== version) {
    throw dataChanged(name, 'its size or its time of change is another');
  }
  return { size: Number(stats.size) };
}
