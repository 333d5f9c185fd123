/** Neighbours that are reduced together; what comes of them is the value `position` of the level above. */
export interface Batch {
  readonly tree: ReduceTree;
  readonly level: number;
  readonly position: number;
  readonly values: unknown[];
}

interface Waiting {
  readonly values: unknown[];
  present: number;
}

/**
 * Reduces values in batches of neighbours, and what comes of those again, until one is left. Which values are in a batch follows from their number
 * alone, not from the order in which they come: the result is always the same, and a batch goes as soon as its values are there. What was given is
 * not held any longer.
 */
export class ReduceTree {
  readonly #fanIn: number;
  /** Batches that are not full, by their position, of each level. */
  readonly #levels: Map<number, Waiting>[] = [];
  #count = 0;
  /** How many values each level has; undefined until the last one is known. The last level has the result. */
  #sizes: readonly number[] | undefined;
  #result: { readonly value: unknown } | undefined;

  /** @param fanIn values in a batch, at least 2 */
  constructor(fanIn: number) {
    this.#fanIn = fanIn;
  }

  get result(): { readonly value: unknown } | undefined {
    return this.#result;
  }

  /** A value is to come. @returns its position among those of the lowest level */
  add(): number {
    return this.#count++;
  }

  /** No further value is to come; gives the batches that are complete by that. */
  close(): Batch[] {
    if (this.#sizes !== undefined) return [];
    const sizes = [this.#count];
    do sizes.push(Math.max(1, Math.ceil(sizes.at(-1)! / this.#fanIn)));
    while (sizes.at(-1)! > 1);
    this.#sizes = sizes;
    if (this.#count === 0) return [{ tree: this, level: 0, position: 0, values: [] }];
    const open = this.#levels.flatMap((waiting, level) => [...waiting.keys()].map(position => ({ level, position })));
    return open.flatMap(({ level, position }) => this.#given(level, position));
  }

  /** A value is there; gives the batches that are complete by that. */
  set(level: number, position: number, value: unknown): Batch[] {
    const batch = Math.floor(position / this.#fanIn);
    this.#levels[level] ??= new Map();
    const waiting = this.#levels[level].get(batch) ?? { values: [], present: 0 };
    this.#levels[level].set(batch, waiting);
    waiting.values[position % this.#fanIn] = value;
    waiting.present += 1;
    return this.#given(level, batch);
  }

  /** The batch, if it is complete; one of a single value goes up as it is. */
  #given(level: number, position: number): Batch[] {
    const waiting = this.#levels[level]?.get(position);
    if (waiting === undefined) return [];
    const { values, present } = waiting;
    const sizes = this.#sizes;
    if (sizes !== undefined && level === sizes.length - 1) {
      this.#levels[level]!.delete(position);
      this.#result = { value: values[0] };
      return [];
    }
    const due = sizes === undefined ? this.#fanIn : Math.min(this.#fanIn, sizes[level]! - position * this.#fanIn);
    if (present < due) return [];
    this.#levels[level]!.delete(position);
    // A value that is the only one of all is reduced too, as it is without a tree.
    if (due === 1 && sizes?.[level] !== 1) return this.set(level + 1, position, values[0]);
    return [{ tree: this, level, position, values }];
  }
}
