import { expect, test } from 'vitest';
import { median } from './median.js';

test('gives the middle of an odd number of values, in any order', () => {
  expect(median([9, 1, 5])).toBe(5);
});

test('gives the mean of the two in the middle of an even number', () => {
  expect(median([10, 1, 2, 4])).toBe(3);
});

test('refuses no values', () => {
  expect(() => median([])).toThrow('no values');
});

test('leaves its input as it was', () => {
  const values = [3, 1, 2];
  median(values);
  expect(values).toEqual([3, 1, 2]);
});
