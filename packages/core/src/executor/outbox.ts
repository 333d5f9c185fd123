import { IndexQueue } from './index-queue.js';

/** Results that wait for a loop to take them, in the order of completion, and those that loops have in their hands. */
export class Outbox {
  readonly #order = new IndexQueue();
  readonly #held = new Set<number>();
  #bytes = 0;

  /** Results that no loop took yet. */
  get length(): number {
    return this.#order.length;
  }

  /** About what they take in memory: their encoded size. */
  get bytes(): number {
    return this.#bytes;
  }

  put(index: number, bytes: number): void {
    this.#order.push(index);
    this.#bytes += bytes;
  }

  /** @param bytesOf the size that the result was put with */
  take(bytesOf: (index: number) => number): number | undefined {
    const index = this.#order.shift();
    if (index === undefined) return undefined;
    this.#held.add(index);
    this.#bytes -= bytesOf(index);
    return index;
  }

  /** True while a loop works on it. */
  isHeld(index: number): boolean {
    return this.#held.has(index);
  }

  letGo(index: number): void {
    this.#held.delete(index);
  }
}
