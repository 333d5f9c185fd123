import { describe, expect, test } from 'vitest';
import { executorOf, type Place } from './place.js';
import { addNamed, addPair, double, identity, length, shapeOfArguments } from './tasks/arithmetic.js';

/** Maps: what Lithops' `test_map` checks, and what it leaves out about items. */
export function maps(place: Place): void {
  describe('a map', () => {
    const executor = executorOf(place);

    test('gives values in the order of its items', async () => {
      const pairs: [number, number][] = [
        [1, 1],
        [2, 2],
        [3, 3],
        [4, 4],
      ];
      expect(await executor().map(addPair, pairs)).toEqual([2, 4, 6, 8]);
    });

    test('keeps that order when a later task ends first', async () => {
      const waits = [200, 0, 100, 0];
      const linger = async (ms: number, { index }: { index: number }) => {
        await new Promise(resolve => setTimeout(resolve, ms));
        return index;
      };
      expect(await executor().map(linger, waits)).toEqual([0, 1, 2, 3]);
    });

    test('queues what does not fit', async () => {
      const plan = await executor().plan();
      const cpus = plan.chosen?.cpus ?? 1;
      expect(await executor().map(double, [1, 2, 3, 4], { cpus })).toEqual([2, 4, 6, 8]);
    });

    test('of no items gives no values', async () => {
      const job = executor().map(double, []);
      expect(await job).toEqual([]);
      expect(job.state).toBe('done');
      expect(job.counts).toMatchObject({ total: 0, complete: true, done: 0 });
      expect([...job]).toEqual([]);
    });

    test('of one item gives one value in an array', async () => {
      expect(await executor().map(double, [4])).toEqual([8]);
    });

    test.each<[string, Iterable<number>]>([
      ['a set', new Set([3, 1, 2])],
      ['a typed array', Float64Array.of(3, 1, 2)],
      ['the values of a map', new Map(Object.entries({ a: 3, b: 1, c: 2 })).values()],
    ])('takes %s', async (_name, items) => {
      expect(await executor().map(double, items)).toEqual([6, 2, 4]);
    });

    test('takes objects, one an argument', async () => {
      expect(
        await executor().map(addNamed, [
          { x: 1, y: 2 },
          { x: 3, y: 4 },
        ]),
      ).toEqual([3, 7]);
    });

    test('takes arrays, one an argument', async () => {
      expect(await executor().map(length, [[1, 2, 3], [], [[4, 5]]])).toEqual([3, 0, 1]);
    });

    test('passes every kind of item as one argument before the context', async () => {
      const items = [[1, 2], { id: 1, obj: 2, storage: 3 }, undefined, null, 'text', 7, []];
      const shapes = await executor().map(shapeWithoutContext, items);
      expect(shapes.map(({ item }) => item)).toEqual(items);
      expect(new Set(shapes.map(({ count }) => count))).toEqual(new Set([2]));
    });

    test('takes an array with holes as `undefined` items', async () => {
      // biome-ignore lint/suspicious/noSparseArray: the hole is the case
      expect(await executor().map(identity, [1, , 3])).toEqual([1, undefined, 3]);
    });

    test('is not changed by what happens to its items later', async () => {
      const items = [{ n: 1 }, { n: 2 }];
      const job = executor().map(identity, items);
      const values = await job;
      for (const item of items) item.n = 0;
      expect(values).toEqual([{ n: 1 }, { n: 2 }]);
      expect(await job).toEqual([{ n: 1 }, { n: 2 }]);
    });

    test('can be one of many on one executor, each with its own results', async () => {
      const first = executor().map(double, [1, 2]);
      const second = executor().map(double, [10, 20]);
      expect(await first).toEqual([2, 4]);
      expect(await second).toEqual([20, 40]);
      expect(await executor().map(double, [100])).toEqual([200]);
      expect(await first).toEqual([2, 4]);
    });

    test('works with `Promise.all` and gives futures by index', async () => {
      const job = executor().map(double, [1, 2, 3]);
      expect(await Promise.all(job)).toEqual([2, 4, 6]);
      expect(await job.future(2)).toBe(6);
      expect([...job].map(future => future.index)).toEqual([0, 1, 2]);
    });

    test('yields every outcome once, failures included', async () => {
      const job = executor().map(
        (x: number) => {
          if (x % 2 === 1) throw new Error(`odd ${x}`);
          return x;
        },
        Array.from({ length: 20 }, (_, i) => i),
      );
      const seen = new Map<number, string>();
      for await (const outcome of job.outcomes()) {
        expect(seen.has(outcome.index)).toBe(false);
        seen.set(outcome.index, outcome.status === 'done' ? `done ${outcome.value}` : outcome.error.message);
      }
      expect(seen.size).toBe(20);
      expect(seen.get(4)).toBe('done 4');
      expect(seen.get(5)).toContain('odd 5');
      expect(job.counts).toMatchObject({ total: 20, complete: true, done: 10, failed: 10, cancelled: 0, running: 0 });
      expect(job.state).toBe('failed');
    });
  });
}

const shapeWithoutContext = shapeOfArguments as (item: unknown) => { count: number; item: unknown; kind: string };
