import fc from 'fast-check';
import { expect, it } from 'vitest';
import { callTimes } from './call-times.js';

it('ends tasks a good second before the function would be killed', () => {
  expect(callTimes(900_000)).toEqual({
    lastBeginMs: 898_500,
    endRunningMs: 898_750,
    hurryMs: 899_250,
    answerMs: 899_500,
  });
});

it('leaves most of a short call to its tasks, and keeps the order', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 900_000 }), remainingMs => {
      const { lastBeginMs, endRunningMs, hurryMs, answerMs } = callTimes(remainingMs);
      expect(lastBeginMs).toBeGreaterThanOrEqual(remainingMs * 0.75 - 1e-6);
      expect(endRunningMs).toBeGreaterThanOrEqual(lastBeginMs);
      expect(hurryMs).toBeGreaterThanOrEqual(endRunningMs);
      expect(answerMs).toBeGreaterThanOrEqual(hurryMs);
      expect(answerMs).toBeLessThanOrEqual(remainingMs);
    }),
  );
});
