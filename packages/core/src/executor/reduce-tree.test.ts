import { describe, expect, it } from 'vitest';
import { type Batch, ReduceTree } from './reduce-tree.js';

/** Whole numbers below a bound, the same in every run. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761 + 1;
  return below => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

describe('a tree of reduces', () => {
  it('joins text as one reduce of all does, whatever comes first: 20,000 random trees', () => {
    for (let seed = 1; seed <= 20_000; seed++) {
      const random = randomFrom(seed);
      const fanIn = 2 + random(6);
      const tree = new ReduceTree(fanIn);
      const values = Array.from({ length: random(40) }, (_, i) => `${i},`);
      const closeAt = random(values.length + 1);
      /** What may happen next: a value comes, or a batch is reduced. */
      const open: (() => readonly Batch[])[] = values.map(value => {
        const position = tree.add();
        return () => tree.set(0, position, value);
      });
      let reduces = 0;
      let largest = 0;
      const give = (ready: readonly Batch[]): void => {
        for (const { level, position, values: batch } of ready) {
          largest = Math.max(largest, batch.length);
          reduces++;
          open.push(() => tree.set(level + 1, position, batch.join('')));
        }
      };
      for (let step = 0; open.length > 0 || step <= closeAt; step++) {
        if (step === closeAt) give(tree.close());
        if (open.length > 0) give(open.splice(random(open.length), 1)[0]!());
      }
      const isRight =
        tree.result?.value === values.join('') && largest <= fanIn && reduces <= Math.max(1, values.length - 1);
      if (!isRight) expect({ ...tree.result, largest, reduces }, `seed ${seed}`).toEqual({ value: values.join('') });
    }
  });
});
