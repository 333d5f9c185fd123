import fc from 'fast-check';
import { expect, test } from 'vitest';
import { usableBytesOf, vcpusOf } from './function-size.js';

const sizes = fc.integer({ min: 128, max: 10_240 });

test('a function has one processor at 1,769 MiB, and almost six at the largest size', () => {
  expect(vcpusOf(1769)).toBe(1);
  expect(vcpusOf(10_240)).toBeCloseTo(5.79, 2);
});

test('what tasks may use is less than what a function has, and never less than nothing', () => {
  expect(usableBytesOf(128)).toBe(0);
  expect(usableBytesOf(1769)).toBe(1641 * 2 ** 20);
  fc.assert(
    fc.property(sizes, mib => {
      expect(usableBytesOf(mib)).toBeGreaterThanOrEqual(0);
      expect(usableBytesOf(mib)).toBeLessThan(mib * 2 ** 20);
    }),
  );
});

test('more memory gives more of both', () => {
  fc.assert(
    fc.property(sizes, sizes, (one, other) => {
      const [less, more] = one < other ? [one, other] : [other, one];
      expect(usableBytesOf(less)).toBeLessThanOrEqual(usableBytesOf(more));
      expect(vcpusOf(less)).toBeLessThanOrEqual(vcpusOf(more));
    }),
  );
});
