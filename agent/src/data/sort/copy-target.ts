/** Below this length a loop takes less than a call. */
const shortBytes = 16;

/** Where bytes are copied to, from anywhere; what comes from the same memory leaves nothing behind to collect and takes half the time. */
export class CopyTarget {
  readonly bytes: Buffer;
  readonly #memory: Uint8Array;
  readonly #offset: number;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.#memory = new Uint8Array(bytes.buffer);
    this.#offset = bytes.byteOffset;
  }

  /** Copies `from[start, end)` to `at`. */
  copy(from: Uint8Array, start: number, end: number, at: number): void {
    if (end - start < shortBytes) {
      let next = at;
      for (let i = start; i < end; i++) this.bytes[next++] = from[i]!;
    } else if (from.buffer === this.#memory.buffer) {
      const { byteOffset } = from;
      this.#memory.copyWithin(this.#offset + at, byteOffset + start, byteOffset + end);
    } else {
      this.#memory.set(new Uint8Array(from.buffer, from.byteOffset + start, end - start), this.#offset + at);
    }
  }
}
