import { describe, expect, test } from 'vitest';
import { executorOf, type Place } from './place.js';
import { double, sum } from './tasks/arithmetic.js';
import { mean } from './tasks/re-exports.js';
import * as exported from './tasks/shippable.js';

class Square {
  readonly #side: number;
  constructor(side: number) {
    this.#side = side;
  }
  get area(): number {
    return this.#side ** 2;
  }
}

class Box extends Square {
  volume(height: number): number {
    return this.area * height;
  }
}

const isEven = (n: number): boolean => n === 0 || isOdd(n - 1);
const isOdd = (n: number): boolean => n !== 0 && isEven(n - 1);

/** The ways in which a function may reach a worker. */
export function shipping(place: Place): void {
  describe('a function that is shipped', () => {
    const executor = executorOf(place);

    test('may be exported, with what it imports', async () => {
      expect(await executor().map(exported.checksum, ['a', 'b'])).toEqual(['a', 'b'].map(exported.checksum));
    });

    test('may be exported under another name, and again from another module', async () => {
      expect(await executor().callAsync(exported.renamed, 2)).toBe(6);
      expect(await executor().callAsync(mean, [1, 2, 6])).toBe(3);
    });

    test('may be the default export of a module', async () => {
      expect(await executor().callAsync(exported.default, 'x')).toBe('x!');
    });

    test('keeps the state of its module between tasks of one slot, and starts it afresh in each slot', async () => {
      const before = exported.countCalls(0);
      const counts = await executor().map(exported.countCalls, new Array(20).fill(0));
      expect(Math.max(...counts)).toBeGreaterThan(1);
      expect(Math.min(...counts)).toBe(1);
      expect(exported.countCalls(0)).toBe(before + 1);
    });

    test('may use TypeScript that is erased, and a class of its module with private fields', async () => {
      expect(await executor().callAsync(exported.typed, { value: 4 })).toEqual({ kind: 'ok', doubled: 8 });
    });

    test('may be inline, without captures', async () => {
      expect(await executor().map((x: number) => x ** 2, [1, 2, 3])).toEqual([1, 4, 9]);
    });

    test('takes captured values along: numbers, text, maps, typed arrays, nested objects', async () => {
      const factor = 3;
      const names = new Map([[1, 'one']]);
      const table = Float64Array.of(0.5, 1.5);
      const options = { deep: { offset: 10n } };
      const value = await executor().callAsync(
        (x: number) => [x * factor, names.get(1), table[1], options.deep.offset],
        2,
      );
      expect(value).toEqual([6, 'one', 1.5, 10n]);
    });

    test('takes the value that a capture has when the job is made', async () => {
      let level = 1;
      const job = executor().map((x: number) => x + level, [0]);
      const first = await job;
      level = 5;
      expect(first).toEqual([1]);
      expect(await executor().map((x: number) => x + level, [0])).toEqual([5]);
    });

    test('takes captured functions along, those that call one another too', async () => {
      expect(await executor().map((n: number) => isEven(n), [10, 7])).toEqual([true, false]);
    });

    test('takes classes of its file along, with their base class and private fields', async () => {
      expect(await executor().callAsync((side: number) => new Box(side).volume(2), 3)).toBe(18);
    });

    test('may be a named function inside of a function', async () => {
      function outer(x: number): number {
        function inner(y: number): number {
          return y + 1;
        }
        return inner(x) * 2;
      }
      expect(await executor().callAsync(outer, 4)).toBe(10);
    });

    test('may be recursive', async () => {
      const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));
      expect(await executor().callAsync(factorial, 6)).toBe(720);
    });

    test('may be a method written short', async () => {
      const steps = {
        triple(x: number): number {
          return 3 * x;
        },
      };
      expect(await executor().callAsync(steps.triple, 4)).toBe(12);
    });

    test('may have default and rest parameters and destructure', async () => {
      const pick = ({ a, b = 5, ...rest }: { a: number; b?: number; c?: number }) => [a, b, Object.keys(rest)];
      expect(await executor().callAsync(pick, { a: 1, c: 2 })).toEqual([1, 5, ['c']]);
    });

    test('takes async generators along', async () => {
      async function* upTo(n: number): AsyncGenerator<number> {
        for (let i = 1; i <= n; i++) yield i;
      }
      const collected = await executor().callAsync(async (n: number) => {
        const values: number[] = [];
        for await (const value of upTo(n)) values.push(value);
        return values;
      }, 3);
      expect(collected).toEqual([1, 2, 3]);
    });

    test('may be used by many maps: each has its own captures', async () => {
      const scaleBy = (factor: number) => (x: number) => x * factor;
      const results = await Promise.all([2, 3, 4].map(factor => executor().map(scaleBy(factor), [1, 10])));
      expect(results).toEqual([
        [2, 20],
        [3, 30],
        [4, 40],
      ]);
    });

    test('leaves the function itself as it was', async () => {
      await executor().map(double, [1]);
      expect([double(4), sum([1, 2])]).toEqual([8, 3]);
    });

    test('shows the line of its own source where it threw', async () => {
      const error = await executor()
        .callAsync(exported.throwsDeep, 1)
        .then(
          () => undefined,
          (thrown: unknown) => thrown as Error,
        );
      expect((error!.cause as Error).stack).toContain('shippable');
    });
  });
}
