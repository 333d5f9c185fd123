import { closeSync, openSync, writeSync } from 'node:fs';
import { CopyTarget } from './copy-target.js';
import { diskFailure } from './disk-failure.js';
import type { RunCursor } from './run-cursor.js';

const newline = 0x0a;

/** Writes lines to their place in a file that is there already: each a record's value, or its key where it has none, and a newline. */
export class LineWriter {
  readonly #path: string;
  readonly #fd: number;
  readonly #buffer: Buffer;
  readonly #target: CopyTarget;
  #at: number;
  #filled = 0;

  constructor(path: string, at: number, buffer: Buffer) {
    this.#path = path;
    this.#at = at;
    this.#buffer = buffer;
    this.#target = new CopyTarget(buffer);
    this.#fd = openSync(path, 'r+');
  }

  /** @throws MegalithError DISK_FULL */
  write({ bytes, keyStart, keyEnd, valueStart, valueMark }: RunCursor): void {
    const start = valueMark === 0 ? keyStart : valueStart;
    const end = valueMark === 0 ? keyEnd : valueStart + valueMark - 1;
    const length = end - start + 1;
    if (this.#filled + length > this.#buffer.length) {
      this.flush();
      if (length > this.#buffer.length) {
        this.#put(bytes.subarray(start, end));
        this.#put(Buffer.from([newline]));
        return;
      }
    }
    this.#target.copy(bytes, start, end, this.#filled);
    this.#filled += length;
    this.#buffer[this.#filled - 1] = newline;
  }

  /** @throws MegalithError DISK_FULL */
  flush(): void {
    this.#put(this.#buffer.subarray(0, this.#filled));
    this.#filled = 0;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #put(bytes: Uint8Array): void {
    try {
      for (let done = 0; done < bytes.length; ) {
        const written = writeSync(this.#fd, bytes, done, bytes.length - done, this.#at);
        done += written;
        this.#at += written;
      }
    } catch (error) {
      throw diskFailure(error, this.#path);
    }
  }
}
