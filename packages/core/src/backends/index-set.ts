/** A set of task indexes, one bit each: it may come to hold every index of a large job. */
export class IndexSet {
  #bits = new Uint8Array(64);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(index: number): void {
    const at = Math.floor(index / 8);
    if (at >= this.#bits.length) {
      const grown = new Uint8Array(Math.max(at + 1, this.#bits.length * 2));
      grown.set(this.#bits);
      this.#bits = grown;
    }
    const bit = 1 << (index % 8);
    const bits = this.#bits[at]!;
    if ((bits & bit) !== 0) return;
    this.#bits[at] = bits | bit;
    this.#size += 1;
  }
}
