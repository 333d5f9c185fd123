import { describe, expect, test } from 'vitest';
import { executorOf, type Place } from './place.js';
import { double, indexAndAttempt } from './tasks/arithmetic.js';

/** Many tasks. Lithops' master needs 91 s of CPU to enqueue 8,000; here the work is linear in the number. */
export function scale(place: Place): void {
  describe('a large map', () => {
    const executor = executorOf(place);

    test('of 100,000 items gives each its own value, once', async () => {
      const n = 100_000;
      const values = await executor().map(
        double,
        Array.from({ length: n }, (_, i) => i),
      );
      expect(values.length).toBe(n);
      expect(values.findIndex((value, i) => value !== 2 * i)).toBe(-1);
    });

    test('of 100,000 generated items yields every value once', async () => {
      const n = 100_000;
      function* numbers(): Generator<number> {
        for (let i = 0; i < n; i++) yield i;
      }
      const seen = new Uint8Array(n);
      let count = 0;
      for await (const value of executor().map(double, numbers())) {
        seen[value / 2]! += 1;
        count += 1;
      }
      expect(count).toBe(n);
      expect(seen.findIndex(times => times !== 1)).toBe(-1);
    });

    test('counts indexes through, in every task', async () => {
      const seen = await executor().map(indexAndAttempt, new Array(5_000).fill(null));
      expect(seen.findIndex(({ index, attempt }, i) => index !== i || attempt !== 1)).toBe(-1);
    });

    test('costs in proportion to its size', async () => {
      const cpuOf = async (n: number): Promise<number> => {
        const before = process.cpuUsage();
        await executor().map(
          double,
          Array.from({ length: n }, (_, i) => i),
        );
        const { user, system } = process.cpuUsage(before);
        return (user + system) / 1000;
      };
      await cpuOf(10_000); // warm
      const small = await cpuOf(20_000);
      const large = await cpuOf(160_000);
      // Eight times the work. Linear is 8; quadratic, as in Lithops, is 64. CPU time of the client, not time of the wall.
      expect(large / Math.max(small, 20)).toBeLessThan(30);
    });
  });
}
