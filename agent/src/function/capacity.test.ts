import fc from 'fast-check';
import { expect, it } from 'vitest';
import { functionCapacity } from './capacity.js';

const mebibyte = 2 ** 20;

it('makes small functions of use, and never promises more than there is', () => {
  expect(functionCapacity(512)).toEqual({ cpus: 1, memoryBytes: 328 * mebibyte });
  expect(functionCapacity(10_240).cpus).toBe(5);
  fc.assert(
    fc.property(fc.integer({ min: 128, max: 10_239 }), memoryMib => {
      const { cpus, memoryBytes } = functionCapacity(memoryMib);
      expect(cpus).toBeGreaterThanOrEqual(1);
      expect(cpus === 1 || cpus * 1769 <= memoryMib).toBe(true);
      expect(memoryBytes).toBeLessThan(memoryMib * mebibyte);
    }),
  );
});
