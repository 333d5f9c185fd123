import { Promised } from './promised.js';

/** Who waits for which task: only for tasks that have not settled, and only where somebody asked. */
export class Waiting {
  readonly #byIndex = new Map<number, Promised<unknown>>();

  promise(index: number): Promise<unknown> {
    let promised = this.#byIndex.get(index);
    if (promised === undefined) {
      promised = new Promised();
      this.#byIndex.set(index, promised);
    }
    return promised.promise;
  }

  resolve(index: number, value: unknown): void {
    if (this.#byIndex.size > 0) this.#take(index)?.resolve(value);
  }

  reject(index: number, error: Error): void {
    if (this.#byIndex.size > 0) this.#take(index)?.reject(error);
  }

  rejectAll(errorOf: (index: number) => Error): void {
    for (const [index, promised] of this.#byIndex) promised.reject(errorOf(index));
    this.#byIndex.clear();
  }

  #take(index: number): Promised<unknown> | undefined {
    const promised = this.#byIndex.get(index);
    this.#byIndex.delete(index);
    return promised;
  }
}
