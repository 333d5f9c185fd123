/** Passes on what ends in any order in the order of indexes, from 0; or at once, where order does not matter. */
export class InputOrder<T> {
  readonly #keepOrder: boolean;
  readonly #emit: (index: number, value: T) => void;
  readonly #waiting = new Map<number, T>();
  #next = 0;

  constructor(keepOrder: boolean, emit: (index: number, value: T) => void) {
    this.#keepOrder = keepOrder;
    this.#emit = emit;
  }

  end(index: number, value: T): void {
    if (!this.#keepOrder) {
      this.#emit(index, value);
      return;
    }
    this.#waiting.set(index, value);
    while (this.#waiting.has(this.#next)) {
      const ready = this.#waiting.get(this.#next)!;
      this.#waiting.delete(this.#next);
      this.#emit(this.#next++, ready);
    }
  }

  /** Passes on what still waits for indexes that will never come: after a cancelled job, for example. */
  flush(): void {
    for (const index of [...this.#waiting.keys()].sort((a, b) => a - b)) {
      const value = this.#waiting.get(index)!;
      this.#waiting.delete(index);
      this.#emit(index, value);
    }
  }
}
