import { type Pool, pMap } from '@megalith/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { within } from './eventually.js';
import { executorOf, type Place } from './place.js';
import { double } from './tasks/arithmetic.js';

/** What lets existing code change an import and nothing else. */
export function dropIns(place: Place): void {
  describe('the p-map signature', () => {
    const executor = executorOf(place);

    test('maps in order, with a bound on what runs at once', async () => {
      expect(await pMap([1, 2, 3], double, { concurrency: 2, executor: executor() })).toEqual([2, 4, 6]);
    });

    test('takes async iterables and passes the index', async () => {
      async function* items(): AsyncGenerator<string> {
        yield 'a';
        yield 'b';
      }
      const named = await pMap(items(), async (name: string, index: number) => `${index}${name}`, {
        executor: executor(),
      });
      expect(named).toEqual(['0a', '1b']);
    });

    test('waits for promises among its items', async () => {
      expect(await pMap([Promise.resolve(1), 2], double, { executor: executor() })).toEqual([2, 4]);
    });

    test('stops at the first error, which it throws as it was', async () => {
      const work = pMap(
        [1, 2, 3],
        (x: number) => {
          if (x === 2) throw new RangeError('not two');
          return x;
        },
        { executor: executor() },
      );
      await expect(work).rejects.toMatchObject({ name: 'RangeError', message: 'not two' });
    });

    test('collects all errors where it is told not to stop', async () => {
      const work = pMap(
        [1, 2, 3],
        (x: number) => {
          if (x !== 2) throw new Error(`bad ${x}`);
          return x;
        },
        { stopOnError: false, executor: executor() },
      );
      const error = await work.then(
        () => undefined,
        (thrown: unknown) => thrown as AggregateError,
      );
      expect(error).toBeInstanceOf(AggregateError);
      expect(error!.errors.map((each: Error) => each.message).sort()).toEqual(['bad 1', 'bad 3']);
    });

    test('ends when its signal is aborted', async () => {
      const abort = new AbortController();
      const work = pMap([3_600_000], async (ms: number) => new Promise(resolve => setTimeout(resolve, ms)), {
        signal: abort.signal,
        executor: executor(),
      });
      abort.abort(new Error('enough'));
      await expect(within(20_000, 'the aborted p-map', work)).rejects.toThrow('enough');
    });
  });

  const { openPool } = place.capabilities;
  describe.runIf(openPool)('the pool', () => {
    let pool: Pool;
    beforeAll(() => {
      pool = openPool!();
    });
    afterAll(() => pool.terminate());

    test('maps', async () => {
      expect(await pool.map(double, [1, 2, 3])).toEqual([2, 4, 6]);
    });

    test('gives a function its item and nothing else', async () => {
      expect(await pool.map((...all: readonly unknown[]) => all, [1, [2]])).toEqual([[1], [[2]]]);
    });

    test('spreads tuples over parameters', async () => {
      const pairs: [number, number][] = [
        [2, 3],
        [4, 5],
      ];
      expect(await pool.starmap((a: number, b: number) => a * b, pairs)).toEqual([6, 20]);
    });

    test('applies a function to arguments', async () => {
      expect(await pool.apply((a: number, b: number) => a - b, [7, 2])).toBe(5);
    });

    test('throws what the function threw', async () => {
      const failing = (x: number): number => {
        throw new RangeError(`not ${x}`);
      };
      await expect(pool.map(failing, [2])).rejects.toMatchObject({ name: 'RangeError', message: 'not 2' });
    });

    test('yields in order with imap', async () => {
      const seen: number[] = [];
      const linger = async (ms: number) => {
        await new Promise(resolve => setTimeout(resolve, ms));
        return ms;
      };
      for await (const value of pool.imap(linger, [60, 0, 30])) seen.push(value);
      expect(seen).toEqual([60, 0, 30]);
    });

    test('yields as they come with imapUnordered', async () => {
      const seen: number[] = [];
      for await (const value of pool.imapUnordered(double, [1, 2, 3])) seen.push(value);
      expect(seen.toSorted()).toEqual([2, 4, 6]);
    });

    test('yields lazily: an endless input gives its first values', async () => {
      function* numbers(): Generator<number> {
        for (let i = 0; ; i++) yield i;
      }
      const seen: number[] = [];
      for await (const value of pool.imap(double, numbers())) {
        if (seen.push(value) === 3) break;
      }
      expect(seen).toEqual([0, 2, 4]);
    });

    test('has asynchronous forms, whose results can be asked for later', async () => {
      const job = pool.mapAsync(double, [1, 2]);
      const future = pool.applyAsync((a: number) => a + 1, [4]);
      expect(await within(30_000, 'the results', Promise.all([job, future]))).toEqual([[2, 4], 5]);
      expect([job.state, future.state]).toEqual(['done', 'done']);
    });

    test('takes no work once closed, finishes what it has, and joins', async () => {
      const other = openPool!();
      const job = other.mapAsync(double, [1, 2]);
      other.close();
      expect(() => other.mapAsync(double, [3])).toThrowError(expect.objectContaining({ code: 'USAGE' }));
      await within(30_000, 'join', other.join());
      expect(await job).toEqual([2, 4]);
    });
  });
}
