/** The highest attempt of each task that has been seen, one small number a task. */
export class Attempts {
  #byIndex = new Uint16Array(1024);

  of(index: number): number {
    return this.#byIndex[index] ?? 0;
  }

  /** Notes an attempt; false where it, or a later one, was seen before. */
  raise(index: number, attempt: number): boolean {
    if (attempt <= this.of(index)) return false;
    if (index >= this.#byIndex.length) {
      const larger = new Uint16Array(Math.max(index + 1, this.#byIndex.length * 2));
      larger.set(this.#byIndex);
      this.#byIndex = larger;
    }
    this.#byIndex[index] = attempt;
    return true;
  }
}
