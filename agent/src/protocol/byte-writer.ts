const initialBytes = 4096;
/** A writer that has grown beyond this gives its memory away rather than a copy: one large value must not be held for ever. */
const keptBytes = 2 ** 20;

/** A growing byte buffer. `bytes` is replaced when it grows, so never keep a view of it across a `reserve`. */
export class ByteWriter {
  bytes: Buffer;
  view: DataView;
  length = 0;

  constructor(capacity = initialBytes) {
    this.bytes = Buffer.allocUnsafeSlow(capacity);
    this.view = new DataView(this.bytes.buffer, 0, capacity);
  }

  /** Makes room for `count` bytes and gives the position where they start. */
  reserve(count: number): number {
    const start = this.length;
    const end = start + count;
    if (end > this.bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(end, this.bytes.length * 2));
      this.bytes.copy(grown, 0, 0, start);
      this.bytes = grown;
      this.view = new DataView(grown.buffer, 0, grown.length);
    }
    this.length = end;
    return start;
  }

  append(part: Uint8Array): void {
    const start = this.reserve(part.length);
    this.bytes.set(part, start);
  }

  /** The bytes written so far, valid until the next write. */
  written(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  /** What was written, which is the caller's from here on; the writer starts afresh. */
  take(): Buffer {
    if (this.bytes.length > keptBytes) {
      const taken = this.written();
      this.bytes = Buffer.allocUnsafeSlow(initialBytes);
      this.view = new DataView(this.bytes.buffer, 0, initialBytes);
      this.length = 0;
      return taken;
    }
    const copy = Buffer.allocUnsafeSlow(this.length);
    this.bytes.copy(copy, 0, 0, this.length);
    this.length = 0;
    return copy;
  }
}
