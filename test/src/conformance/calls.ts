import { describe, expect, test } from 'vitest';
import { failureOf } from './failure-of.js';
import { executorOf, type Place } from './place.js';
import { addNamed, addPair, double, identity, length } from './tasks/arithmetic.js';

/** One call: what Lithops' `test_call_async` and `test_future` check, and what JavaScript adds to it. */
export function calls(place: Place): void {
  describe('one call', () => {
    const executor = executorOf(place);

    test('gives the value of the function', async () => {
      expect(await executor().callAsync(() => 'Hello World!', undefined)).toBe('Hello World!');
    });

    test('gives the value that an async function resolves to', async () => {
      expect(await executor().callAsync(async (x: number) => x + 1, 4)).toBe(5);
    });

    test('passes an array as one argument', async () => {
      expect(await executor().callAsync(length, [1, 2, 3])).toBe(3);
    });

    test('passes a tuple as one argument, which the function may take apart', async () => {
      expect(await executor().callAsync(addPair, [4, 6] as const)).toBe(10);
    });

    test('passes an object as one argument, which the function may take apart', async () => {
      expect(await executor().callAsync(addNamed, { x: 4, y: 6 })).toBe(10);
    });

    test('takes a partly applied function', async () => {
      const add = (a: number) => (b: number) => a + b;
      expect(await executor().callAsync(add(4), 6)).toBe(10);
    });

    test('does not touch what of an item need not travel', async () => {
      const item = Object.defineProperty({ kept: 1 }, 'trap', {
        enumerable: false,
        get: () => {
          throw new Error('the trap was touched');
        },
      });
      expect(await executor().callAsync(identity, item)).toEqual({ kept: 1 });
    });

    test('fails by itself, and not the client, when its item cannot be read', async () => {
      const item = {
        get trap(): number {
          throw new Error('the trap was touched');
        },
      };
      const error = await failureOf(executor().callAsync(identity, item));
      expect(error.code).toBe('NOT_SERIALIZABLE');
      expect(await executor().callAsync(double, 1)).toBe(2);
    });

    test.each([0, '', false, null, undefined, Number.NaN, 0n])('gives %s back as it is', async value => {
      expect(await executor().callAsync(identity, value)).toBe(value);
    });

    test('gives back an object whose `then` is only data', async () => {
      // biome-ignore lint/suspicious/noThenProperty: a value that looks like a promise is the case
      const value = { then: 5 };
      expect(await executor().callAsync(identity, value)).toEqual(value);
    });

    test('has a future that can be awaited twice and tells its state', async () => {
      const future = executor().callAsync(double, 21);
      expect(await future).toBe(42);
      expect(await future).toBe(42);
      expect(future.state).toBe('done');
      expect(future.index).toBe(0);
      expect([...future.job]).toEqual([future]);
    });

    test('throws on every await what the task threw, as the cause', async () => {
      const future = executor().callAsync(() => {
        throw new RangeError('no such row');
      }, undefined);
      for (const error of [await failureOf(future), await failureOf(future)]) {
        expect(error.code).toBe('THREW');
        expect(error.message).toContain('no such row');
        expect(error.cause).toBeInstanceOf(Error);
        expect((error.cause as Error).name).toBe('RangeError');
        expect((error.cause as Error).message).toBe('no such row');
      }
      expect(future.state).toBe('failed');
    });

    test('lets `catch` and `finally` see the end', async () => {
      const failing = executor().callAsync(() => {
        throw new Error('no');
      }, undefined);
      expect(await failing.catch(() => 'caught')).toBe('caught');
      let seen = 0;
      expect(
        await executor()
          .callAsync(double, 2)
          .finally(() => {
            seen += 1;
          }),
      ).toBe(4);
      expect(seen).toBe(1);
    });
  });
}
