/** Numbers from 1 that are lent in turn and given back: one that just came back is not lent again soon. */
export class NumberPool {
  readonly #highest: number;
  readonly #lent = new Set<number>();
  #last = 0;

  constructor(highest: number) {
    this.#highest = highest;
  }

  /** @throws where all are lent */
  lend(): number {
    if (this.#lent.size === this.#highest) throw new Error(`all ${this.#highest} addresses for hosts are taken`);
    do this.#last = (this.#last % this.#highest) + 1;
    while (this.#lent.has(this.#last));
    this.#lent.add(this.#last);
    return this.#last;
  }

  giveBack(number: number): void {
    this.#lent.delete(number);
  }
}
