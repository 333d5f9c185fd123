import { closeSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type OutputStream = 'stdout' | 'stderr';

export interface OutputPart {
  readonly stream: OutputStream;
  readonly bytes: Uint8Array;
}

type Held = OutputPart | { readonly stream: OutputStream; readonly offset: number; readonly length: number };

/**
 * Holds what tasks write until it is their turn to be printed. Beyond `memoryBytes` in all it goes to a file without a
 * name, which is gone with the process.
 */
export class TaskOutput {
  readonly #memoryBytes: number;
  readonly #held = new Map<number, Held[]>();
  #inMemory = 0;
  #spilled = 0;
  #spillEnd = 0;
  #spillFile: number | undefined;

  /** @param memoryBytes @defaultValue 64 MiB: the output of thousands of usual commands, and no burden to a laptop */
  constructor(memoryBytes = 64 * 1024 * 1024) {
    this.#memoryBytes = memoryBytes;
  }

  add(index: number, stream: OutputStream, bytes: Uint8Array): void {
    let parts = this.#held.get(index);
    if (parts === undefined) {
      parts = [];
      this.#held.set(index, parts);
    }
    if (this.#inMemory + bytes.length > this.#memoryBytes) {
      parts.push({ stream, offset: this.#spill(bytes), length: bytes.length });
      return;
    }
    this.#inMemory += bytes.length;
    // A view would keep the whole frame alive in which it arrived.
    parts.push({ stream, bytes: bytes.slice() });
  }

  /** What the task wrote, in the order it came; it is not held any longer. */
  *take(index: number): Generator<OutputPart> {
    const parts = this.#held.get(index) ?? [];
    this.#held.delete(index);
    for (const part of parts) {
      if ('bytes' in part) {
        this.#inMemory -= part.bytes.length;
        yield part;
      } else yield { stream: part.stream, bytes: this.#readBack(part.offset, part.length) };
    }
  }

  /** Drops what the task wrote: another attempt will write it again. */
  discard(index: number): void {
    for (const _ of this.take(index));
  }

  close(): void {
    if (this.#spillFile !== undefined) closeSync(this.#spillFile);
    this.#spillFile = undefined;
    this.#held.clear();
  }

  #spill(bytes: Uint8Array): number {
    this.#spillFile ??= openNameless();
    const offset = this.#spillEnd;
    let written = 0;
    while (written < bytes.length)
      written += writeSync(this.#spillFile, bytes, written, bytes.length - written, offset + written);
    this.#spillEnd += bytes.length;
    this.#spilled += bytes.length;
    return offset;
  }

  #readBack(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    let read = 0;
    while (read < length) {
      const count = readSync(this.#spillFile!, bytes, read, length - read, offset + read);
      if (count === 0) throw new Error('the file that holds the output of tasks was cut short');
      read += count;
    }
    this.#spilled -= length;
    if (this.#spilled === 0) {
      ftruncateSync(this.#spillFile!, 0);
      this.#spillEnd = 0;
    }
    return bytes;
  }
}

function openNameless(): number {
  const folder = mkdtempSync(join(tmpdir(), 'megalith-output-'));
  const file = openSync(join(folder, 'output'), 'wx+', 0o600);
  rmSync(folder, { recursive: true });
  return file;
}
