import { describe, expect, test } from 'vitest';
import { within } from './eventually.js';
import { failureOf } from './failure-of.js';
import { executorOf, type Place } from './place.js';
import {
  countLeaves,
  failInside,
  mapInside,
  returnFuture,
  returnFutures,
  returnJob,
  returnTwoLists,
} from './tasks/nested.js';

/** Parallel work inside of parallel work: what waits must not hold what is waited for. */
export function nesting(place: Place): void {
  describe.runIf(place.capabilities.ownPackage)('a task that starts tasks', () => {
    const executor = executorOf(place);

    test('maps with an executor of its own', async () => {
      expect(await executor().callAsync(mapInside, 3)).toEqual([0, 2, 4]);
    });

    test('does so in every slot at once', async () => {
      const inner = await within(60_000, 'eight nested maps', executor().map(mapInside, new Array<number>(8).fill(3)));
      expect(inner).toEqual(new Array(8).fill([0, 2, 4]));
    });

    test('may return a future, and the client gets its value', async () => {
      expect(await executor().callAsync(returnFuture, 4)).toBe(8);
      expect(await executor().map(returnFuture, [1, 2])).toEqual([2, 4]);
    });

    test('may return a list of futures, of one map or of two', async () => {
      expect(await executor().map(returnFutures, [1, 10])).toEqual([
        [2, 4],
        [20, 22],
      ]);
      expect(await executor().callAsync(returnTwoLists, 1)).toEqual([2, 4, 6]);
    });

    test('may return a whole job', async () => {
      expect(await executor().callAsync(returnJob, 1)).toEqual([2, 4]);
    });

    test('may do so three levels deep without a deadlock', async () => {
      expect(await within(90_000, 'the tree of tasks', executor().map(countLeaves, [3, 3]))).toEqual([8, 8]);
    });

    test('fails with the failure of the inner task', async () => {
      const error = await failureOf(executor().callAsync(failInside, undefined));
      expect(error.code).toBe('THREW');
      expect(error.message).toContain('the inner task failed');
    });
  });
}
