import { closeSync, openSync, readSync } from 'node:fs';
import { MegalithError } from '../../errors.js';

/** Some records of a run, one behind the other. */
export interface RunSlice {
  readonly path: string;
  /** Offset of its first record. */
  readonly from: number;
  /** Behind its last one. */
  readonly to: number;
}

const headerBytes = 10;

/** Reads a slice record by record through a buffer of its own. What the fields say of is in `bytes` until the next `next`. */
export class RunCursor {
  bytes: Buffer;
  keyStart = 0;
  keyEnd = 0;
  valueStart = 0;
  /** One more than the value's length: 0 where there is none. */
  valueMark = 0;
  /** Six bytes of the key, behind those that all keys have in common: a number that orders most keys. Infinity at the end. */
  prefix = 0;
  /** Of the record, in its run. */
  offset = 0;
  readonly #path: string;
  readonly #fd: number;
  readonly #to: number;
  readonly #common: number;
  /** Of the first byte in the buffer. */
  #at: number;
  #filled = 0;
  #next = 0;
  #isOpen = true;

  /**
   * @param buffer what is read at once: at least 20 bytes
   * @param common bytes that all keys of the slice begin with and that need not be compared
   */
  constructor({ path, from, to }: RunSlice, buffer: Buffer, common: number) {
    this.#path = path;
    this.#at = from;
    this.#to = to;
    this.#common = common;
    this.bytes = buffer;
    this.#fd = openSync(path, 'r');
  }

  /** False at the end. */
  next(): boolean {
    if (this.#filled - this.#next < headerBytes) this.#fetch(headerBytes);
    if (this.#next === this.#filled) {
      this.prefix = Number.POSITIVE_INFINITY;
      this.close();
      return false;
    }
    this.offset = this.#at + this.#next;
    if (!this.#parse()) {
      this.#fetch(this.valueStart + (this.valueMark === 0 ? 0 : this.valueMark - 1) - this.#next);
      if (!this.#parse()) throw this.#endsEarly();
    }
    this.#next = this.valueStart + (this.valueMark === 0 ? 0 : this.valueMark - 1);
    this.prefix = this.#prefixOf();
    return true;
  }

  /** Like `Buffer.compare`, of the keys. */
  compareKey(other: RunCursor): number {
    return this.bytes.compare(
      other.bytes,
      other.keyStart + this.#common,
      other.keyEnd,
      this.keyStart + this.#common,
      this.keyEnd,
    );
  }

  close(): void {
    if (this.#isOpen) closeSync(this.#fd);
    this.#isOpen = false;
  }

  /** Reads the lengths at `#next`; false where the record is not in the buffer as a whole. */
  #parse(): boolean {
    const { bytes } = this;
    let at = this.#next;
    let byte = bytes[at++]!;
    let keyLength = byte & 0x7f;
    for (let scale = 0x80; byte >= 0x80; scale *= 0x80) {
      byte = bytes[at++]!;
      keyLength += (byte & 0x7f) * scale;
    }
    byte = bytes[at++]!;
    let mark = byte & 0x7f;
    for (let scale = 0x80; byte >= 0x80; scale *= 0x80) {
      byte = bytes[at++]!;
      mark += (byte & 0x7f) * scale;
    }
    this.keyStart = at;
    this.keyEnd = at + keyLength;
    this.valueStart = at + keyLength;
    this.valueMark = mark;
    return this.valueStart + (mark === 0 ? 0 : mark - 1) <= this.#filled;
  }

  #prefixOf(): number {
    const { bytes, keyEnd } = this;
    const at = this.keyStart + this.#common;
    if (keyEnd - at >= 6) {
      return (
        ((bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!) * 0x1000000 +
        ((bytes[at + 3]! << 16) | (bytes[at + 4]! << 8) | bytes[at + 5]!)
      );
    }
    let prefix = 0;
    for (let i = at; i < at + 6; i++) prefix = prefix * 256 + (i < keyEnd ? bytes[i]! : 0);
    return prefix;
  }

  /** Has `bytes` bytes from `#next` in the buffer, as far as the slice has them. */
  #fetch(bytes: number): void {
    const rest = this.#filled - this.#next;
    const left = this.#to - this.#at - this.#filled;
    if (left === 0 && rest < bytes) return;
    if (bytes > this.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(bytes + headerBytes);
      this.bytes.copy(larger, 0, this.#next, this.#filled);
      this.bytes = larger;
    } else {
      this.bytes.copyWithin(0, this.#next, this.#filled);
    }
    this.#at += this.#next;
    this.#next = 0;
    this.#filled = rest;
    const wanted = Math.min(left, this.bytes.length - rest);
    for (let got = 0; got < wanted; ) {
      const read = readSync(this.#fd, this.bytes, this.#filled, wanted - got, this.#at + this.#filled);
      if (read === 0) throw this.#endsEarly();
      got += read;
      this.#filled += read;
    }
  }

  #endsEarly(): MegalithError {
    return new MegalithError('DATA_CHANGED', `the run "${this.#path}" ends in the middle of a record`, {
      hint: 'something else wrote into the folder of the shuffle: run it again',
    });
  }
}
