import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { privateFile } from '../../journal/atomic-file.js';
import { CopyTarget } from './copy-target.js';
import { diskFailure } from './disk-failure.js';
import { encodeRunEnd, type RunSample, type RunSummary, sampleKeyBytes } from './run-end.js';

/** Of the lengths of key and value. */
const headerBytes = 10;
/** A run tells the places of so many of its records at most, evenly. */
const mostSamples = 512;
const defaultSampleBytes = 64 * 1024;

export interface RunWriterOptions {
  /** What is written at once: at least 10 bytes. Records that come from the same memory are copied faster. */
  readonly buffer: Buffer;
  /** Bytes between two places that the run tells of, at first. @defaultValue 64 KiB */
  readonly sampleBytes?: number;
}

/**
 * Writes a run: records in order, then where some of them stand. A record is the length of its key, the length of its value and one more (0: no value),
 * each in 7 bits a byte, and both. A run without its end is not whole, and nobody reads it.
 */
export class RunWriter {
  readonly #path: string;
  readonly #fd: number;
  readonly #buffer: Buffer;
  readonly #target: CopyTarget;
  #filled = 0;
  #written = 0;
  #records = 0;
  #lineBytes = 0;
  #samples: RunSample[] = [];
  #sampleEach: number;
  #nextSample = 0;
  #lastKey = Buffer.alloc(0);
  #lastAt = 0;
  #lastLength = 0;

  /** @throws MegalithError DISK_FULL */
  constructor(path: string, { buffer, sampleBytes = defaultSampleBytes }: RunWriterOptions) {
    this.#path = path;
    this.#sampleEach = sampleBytes;
    this.#buffer = buffer;
    this.#target = new CopyTarget(buffer);
    try {
      this.#fd = openSync(path, 'wx', privateFile);
    } catch (error) {
      throw diskFailure(error, path);
    }
  }

  /** @param valueMark one more than the value's length: 0 where there is none @throws MegalithError DISK_FULL */
  write(bytes: Uint8Array, keyStart: number, keyLength: number, valueStart: number, valueMark: number): void {
    const valueLength = valueMark === 0 ? 0 : valueMark - 1;
    const most = headerBytes + keyLength + valueLength;
    if (this.#filled + most > this.#buffer.length) this.#flush();
    if (this.#written + this.#filled >= this.#nextSample) this.#sample(bytes, keyStart, keyLength);
    const buffer = this.#buffer;
    let at = writeLength(buffer, this.#filled, keyLength);
    at = writeLength(buffer, at, valueMark);
    this.#records += 1;
    this.#lineBytes += (valueMark === 0 ? keyLength : valueLength) + 1;
    if (most > buffer.length) {
      this.#filled = at;
      this.#writeLarge(bytes, keyStart, keyLength, valueStart, valueLength);
      return;
    }
    this.#target.copy(bytes, keyStart, keyStart + keyLength, at);
    this.#lastAt = at;
    this.#lastLength = keyLength;
    at += keyLength;
    if (valueLength > 0) this.#target.copy(bytes, valueStart, valueStart + valueLength, at);
    this.#filled = at + valueLength;
  }

  /** @throws MegalithError DISK_FULL */
  finish(): RunSummary {
    this.#flush();
    const summary: RunSummary = {
      path: this.#path,
      dataBytes: this.#written,
      lineBytes: this.#lineBytes,
      records: this.#records,
      samples: this.#samples,
      lastKey: this.#lastKey,
    };
    this.#put(encodeRunEnd(summary));
    closeSync(this.#fd);
    return summary;
  }

  /** Ends it unfinished; nothing stays. */
  abandon(): void {
    closeSync(this.#fd);
    rmSync(this.#path, { force: true });
  }

  #writeLarge(bytes: Uint8Array, keyStart: number, keyLength: number, valueStart: number, valueLength: number): void {
    this.#flush();
    this.#lastKey = Buffer.from(bytes.subarray(keyStart, keyStart + Math.min(keyLength, sampleKeyBytes)));
    this.#put(bytes.subarray(keyStart, keyStart + keyLength));
    this.#put(bytes.subarray(valueStart, valueStart + valueLength));
    this.#written += keyLength + valueLength;
  }

  #sample(bytes: Uint8Array, keyStart: number, keyLength: number): void {
    if (this.#samples.length === mostSamples) {
      this.#samples = this.#samples.filter((_, index) => index % 2 === 0);
      this.#sampleEach *= 2;
    }
    const offset = this.#written + this.#filled;
    const key = Buffer.from(bytes.subarray(keyStart, keyStart + Math.min(keyLength, sampleKeyBytes)));
    this.#samples.push({ key, offset, lineBytes: this.#lineBytes });
    this.#nextSample = offset + this.#sampleEach;
  }

  #flush(): void {
    if (this.#filled === 0) return;
    if (this.#lastLength > 0 || this.#lastAt > 0) {
      const end = this.#lastAt + Math.min(this.#lastLength, sampleKeyBytes);
      this.#lastKey = Buffer.from(this.#buffer.subarray(this.#lastAt, end));
      this.#lastAt = 0;
      this.#lastLength = 0;
    }
    this.#put(this.#buffer.subarray(0, this.#filled));
    this.#written += this.#filled;
    this.#filled = 0;
  }

  #put(bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
    } catch (error) {
      throw diskFailure(error, this.#path);
    }
  }
}

function writeLength(to: Uint8Array, at: number, length: number): number {
  let next = at;
  let left = length;
  while (left >= 0x80) {
    to[next++] = (left & 0x7f) | 0x80;
    left = Math.floor(left / 0x80);
  }
  to[next++] = left;
  return next;
}
