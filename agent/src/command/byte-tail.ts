/** The last bytes of a stream, and no more than that. */
export class ByteTail {
  readonly #limit: number;
  #chunks: Uint8Array[] = [];
  #length = 0;
  #cut = false;

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  push(bytes: Uint8Array): void {
    this.#cut ||= this.#length + bytes.length > this.#limit;
    // A copy, so that a short end does not hold the long chunk that it came in.
    this.#chunks.push(bytes.slice(-this.#limit));
    this.#length += Math.min(bytes.length, this.#limit);
    while (this.#length - this.#chunks[0]!.length >= this.#limit) this.#length -= this.#chunks.shift()!.length;
    if (this.#chunks.length > 64) this.#chunks = [Buffer.concat(this.#chunks)];
  }

  /** As UTF-8; a character cut at the front is dropped. */
  text(): string {
    if (this.#length === 0) return '';
    const all = Buffer.concat(this.#chunks).subarray(-this.#limit);
    let start = 0;
    if (this.#cut) while (start < 4 && ((all[start] ?? 0) & 0xc0) === 0x80) start++;
    return all.toString('utf8', start);
  }
}
