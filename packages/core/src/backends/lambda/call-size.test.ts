import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type CallFacts, callSize } from './call-size.js';

const facts: CallFacts = { taskMs: 10, resultBytes: 100, previous: 8, queued: 100_000, free: 1, parallel: 1 };

it('begins with one task a call', () => {
  expect(callSize({ ...facts, taskMs: undefined, previous: 0 })).toBe(1);
});

it('fills about a second with short tasks, and more where several run at once', () => {
  expect(callSize({ ...facts, previous: 1000 })).toBe(100);
  expect(callSize({ ...facts, previous: 1000, parallel: 5 })).toBe(500);
});

it('leaves long tasks alone', () => {
  expect(callSize({ ...facts, taskMs: 5_000 })).toBe(1);
});

it('holds no task back while calls are free', () => {
  expect(callSize({ ...facts, taskMs: 100, queued: 40, free: 100 })).toBe(1);
  expect(callSize({ ...facts, taskMs: 100, queued: 400, free: 100 })).toBe(4);
});

it('does not make a call of its own for a task that takes no time', () => {
  expect(callSize({ ...facts, taskMs: 1, queued: 400, free: 400 })).toBe(50);
});

it('keeps results within an answer', () => {
  expect(callSize({ ...facts, previous: 1000, resultBytes: 2 ** 20 })).toBe(2);
});

const anyFacts = fc.record({
  taskMs: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { nil: undefined }),
  resultBytes: fc.double({ min: 0, max: 1e9, noNaN: true }),
  previous: fc.nat(5000),
  queued: fc.nat(1_000_000),
  free: fc.nat(2000),
  parallel: fc.integer({ min: 1, max: 6 }),
});

it('gives a whole number from one to what there is, whatever was measured', () => {
  fc.assert(
    fc.property(anyFacts, some => {
      const size = callSize(some);
      expect(Number.isInteger(size)).toBe(true);
      expect(size).toBeGreaterThanOrEqual(Math.min(1, some.queued));
      expect(size).toBeLessThanOrEqual(some.queued);
      // More than a second of work in a call only where a single task is longer.
      if (some.taskMs !== undefined && size > 1) expect(size * some.taskMs).toBeLessThanOrEqual(1000 * some.parallel);
    }),
  );
});
