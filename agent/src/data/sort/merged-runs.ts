import { RunCursor, type RunSlice } from './run-cursor.js';

/** Of a buffer. */
const leastBytes = 32;

/**
 * Records of several slices as one sequence in the order of keys; of records with equal keys, those of an earlier slice come first. A tree of losers:
 * each inner node keeps the slice that lost there, so that the next record takes one comparison a level.
 */
export class MergedRuns {
  /** A buffer in the memory of the others, to which records are copied fast. */
  readonly beside: Buffer;
  readonly #cursors: readonly RunCursor[];
  /** The winner at 0, then the losers. */
  readonly #tree: Int32Array;
  #hasBegun = false;

  /**
   * @param bufferBytes for each slice
   * @param besideBytes for `beside`
   * @param common bytes that all keys begin with
   */
  constructor(slices: readonly RunSlice[], bufferBytes: number, besideBytes: number, common = 0) {
    const beside = Math.max(leastBytes, besideBytes);
    const sizes = slices.map(({ from, to }) => Math.max(leastBytes, Math.min(bufferBytes, to - from)));
    const memory = new ArrayBuffer(sizes.reduce((sum, size) => sum + size, beside));
    this.beside = Buffer.from(memory, 0, beside);
    const cursors: RunCursor[] = [];
    let at = beside;
    try {
      for (const [index, slice] of slices.entries()) {
        cursors.push(new RunCursor(slice, Buffer.from(memory, at, sizes[index]!), common));
        at += sizes[index]!;
      }
    } catch (error) {
      for (const cursor of cursors) cursor.close();
      throw error;
    }
    this.#cursors = cursors;
    this.#tree = new Int32Array(Math.max(1, cursors.length)).fill(-1);
  }

  /** The slice that has the next record, which stands in it until the next call; undefined at the end. */
  next(): RunCursor | undefined {
    if (!this.#hasBegun) this.#begin();
    else {
      const winner = this.#tree[0]!;
      this.#cursors[winner]!.next();
      this.#replay(winner);
    }
    const cursor = this.#cursors[this.#tree[0]!];
    return cursor === undefined || cursor.prefix === Number.POSITIVE_INFINITY ? undefined : cursor;
  }

  close(): void {
    for (const cursor of this.#cursors) cursor.close();
  }

  #begin(): void {
    this.#hasBegun = true;
    for (const cursor of this.#cursors) cursor.next();
    // Each enters, and waits where nobody has come yet; the last one to meet an empty node wins the others.
    for (let leaf = 0; leaf < this.#cursors.length; leaf++) this.#enter(leaf);
  }

  #enter(leaf: number): void {
    const tree = this.#tree;
    let winner = leaf;
    for (let node = (leaf + tree.length) >> 1; node > 0; node >>= 1) {
      const other = tree[node]!;
      if (other === -1) {
        tree[node] = winner;
        return;
      }
      if (this.#isBefore(other, winner)) {
        tree[node] = winner;
        winner = other;
      }
    }
    tree[0] = winner;
  }

  #replay(leaf: number): void {
    const tree = this.#tree;
    let winner = leaf;
    for (let node = (leaf + tree.length) >> 1; node > 0; node >>= 1) {
      const other = tree[node]!;
      if (this.#isBefore(other, winner)) {
        tree[node] = winner;
        winner = other;
      }
    }
    tree[0] = winner;
  }

  #isBefore(a: number, b: number): boolean {
    const one = this.#cursors[a]!;
    const two = this.#cursors[b]!;
    if (one.prefix !== two.prefix) return one.prefix < two.prefix;
    if (one.prefix === Number.POSITIVE_INFINITY) return a < b;
    const order = one.compareKey(two);
    return order === 0 ? a < b : order < 0;
  }
}
