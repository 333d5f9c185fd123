import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Observation, quantileOf } from './survival.js';

const seen = (...values: number[]): Observation[] => values.map(value => ({ value, isOver: false, weight: 1 }));
const over = (...values: number[]): Observation[] => values.map(value => ({ value, isOver: true, weight: 1 }));

test('without bounds it is a plain quantile', () => {
  const values = seen(5, 1, 4, 2, 3);
  expect([0.1, 0.2, 0.5, 0.6, 0.9].map(q => quantileOf(values, q, 1))).toEqual([1, 1, 3, 3, 5]);
  expect(quantileOf([], 0.5, 1)).toBeUndefined();
});

test('it is Kaplan and Meier, by hand', () => {
  // 6, 6, 6, 6+, 7, 9+, 10, 10+, 11+, 13, 16: of the classical trial, S(10) = 0.4773 at eleven patients.
  const trial = [...seen(6, 6, 6, 7, 10, 13, 16), ...over(6, 9, 10, 11)];
  expect(quantileOf(trial, 0.27, 0)).toBe(6);
  expect(quantileOf(trial, 0.3, 0)).toBe(7);
  expect(quantileOf(trial, 0.5, 0)).toBe(10);
  expect(quantileOf(trial, 0.6, 0)).toBe(13);
  expect(quantileOf(trial, 0.9, 0)).toBe(16);
});

test('over all bounds it reaches as far as its tail', () => {
  expect(quantileOf(over(100), 0.5, 1)).toBeCloseTo(200);
  expect(quantileOf(over(100), 0.9, 1)).toBeCloseTo(1000);
  expect(quantileOf(over(100), 0.9, 0)).toBe(100);
  expect(quantileOf([...seen(1, 1), ...over(100, 100)], 0.9, 1)).toBeCloseTo(500);
});

test('it lies in the range of what was seen, or beyond the bounds, and grows with q', () => {
  const observation = fc.record({
    value: fc.double({ min: 0, max: 1e9, noNaN: true }),
    isOver: fc.boolean(),
    weight: fc.double({ min: 1e-9, max: 10, noNaN: true }),
  });
  const q = fc.double({ min: 0.01, max: 0.99, noNaN: true });
  fc.assert(
    fc.property(fc.array(observation, { minLength: 1, maxLength: 50 }), q, q, (all, one, other) => {
      const [low, high] = one < other ? [one, other] : [other, one];
      const values = all.map(({ value }) => value);
      const lower = quantileOf(all, low, 1)!;
      const higher = quantileOf(all, high, 1)!;
      expect(lower).toBeGreaterThanOrEqual(Math.min(...values));
      expect(higher).toBeGreaterThanOrEqual(lower);
      if (all.every(({ isOver }) => !isOver)) expect(higher).toBeLessThanOrEqual(Math.max(...values));
    }),
    { numRuns: 500 },
  );
});
