import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NumberPool } from './number-pool.js';

test('a number is lent to one at a time, and not again soon after it came back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.array(fc.nat()), (highest, deeds) => {
      const pool = new NumberPool(highest);
      const lent: number[] = [];
      for (const deed of deeds) {
        if (deed % 2 === 0 && lent.length > 0) {
          pool.giveBack(lent.splice(deed % lent.length, 1)[0]!);
        } else if (lent.length === highest) {
          expect(() => pool.lend()).toThrow(`all ${highest} addresses for hosts are taken`);
        } else {
          const number = pool.lend();
          expect(number >= 1 && number <= highest && !lent.includes(number)).toBe(true);
          lent.push(number);
        }
      }
    }),
  );
  const pool = new NumberPool(3);
  const first = pool.lend();
  pool.giveBack(first);
  expect([pool.lend(), pool.lend(), pool.lend()]).toEqual([2, 3, 1]);
});
