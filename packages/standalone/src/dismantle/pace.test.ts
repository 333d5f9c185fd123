import fc from 'fast-check';
import { expect, it } from 'vitest';
import { defaultPace, waitMs } from './pace.js';

it('is quick at first, then steady, and slower after failures, within bounds', () => {
  expect(waitMs(defaultPace, 19, 0, 0.5)).toBe(5000);
  expect(waitMs(defaultPace, 20, 0, 0.5)).toBe(60_000);
  expect(waitMs(defaultPace, 20, 1, 0.5)).toBe(120_000);
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (good, failures, random) => {
      const wait = waitMs(defaultPace, good, failures, random);
      expect(wait).toBeGreaterThanOrEqual(4500);
      expect(wait).toBeLessThanOrEqual(330_000);
    }),
  );
});
