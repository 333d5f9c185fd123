import { type Batch, ReduceTree } from './reduce-tree.js';

/** Gathers mapped values by key, each key's in a tree. */
export class TreeGroups {
  readonly #reduceBy: ((item: unknown, index: number) => unknown) | undefined;
  readonly #fanIn: number;
  readonly #trees = new Map<unknown, ReduceTree>();
  /** Of tasks whose value is still to come. */
  readonly #places = new Map<number, { readonly tree: ReduceTree; readonly position: number }>();

  /** Without `reduceBy`: one tree, which is there even if no item ever comes. */
  constructor(reduceBy: ((item: unknown, index: number) => unknown) | undefined, fanIn: number) {
    this.#reduceBy = reduceBy;
    this.#fanIn = fanIn;
    if (reduceBy === undefined) this.#trees.set(undefined, new ReduceTree(fanIn));
  }

  /** What came of the trees under their keys, in the order in which those came up; with a failure among the maps not of all. */
  get results(): Map<unknown, unknown> {
    return new Map([...this.#trees].map(([key, tree]) => [key, tree.result?.value]));
  }

  /** An item was read. */
  add(item: unknown, index: number): void {
    const key = this.#reduceBy?.(item, index);
    const tree = this.#trees.get(key) ?? new ReduceTree(this.#fanIn);
    this.#trees.set(key, tree);
    this.#places.set(index, { tree, position: tree.add() });
  }

  /** No further item will come; gives the batches that are complete by that. */
  close(): Batch[] {
    return [...this.#trees.values()].flatMap(tree => tree.close());
  }

  /** A value came; gives the batches that are complete by that. */
  set(index: number, value: unknown): Batch[] {
    const place = this.#places.get(index);
    if (place === undefined) return [];
    this.#places.delete(index);
    return place.tree.set(0, place.position, value);
  }
}
