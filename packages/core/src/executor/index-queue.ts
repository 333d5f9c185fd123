/** A first-in first-out queue of task indexes in four bytes each: the order in which tasks ended. */
export class IndexQueue {
  #ring = new Uint32Array(16);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(index: number): void {
    if (this.#length === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = index;
    this.#length += 1;
  }

  shift(): number | undefined {
    if (this.#length === 0) return undefined;
    const index = this.#ring[this.#head];
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#length -= 1;
    return index;
  }

  #grow(): void {
    const larger = new Uint32Array(this.#ring.length * 2);
    larger.set(this.#ring.subarray(this.#head));
    larger.set(this.#ring.subarray(0, this.#head), this.#ring.length - this.#head);
    this.#ring = larger;
    this.#head = 0;
  }
}
