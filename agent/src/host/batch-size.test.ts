import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { averageTaskMs, batchSize } from './batch-size.js';

const facts = fc.record({
  taskMs: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { nil: undefined }),
  previous: fc.nat(10_000),
  queued: fc.nat(200_000),
  slots: fc.integer({ min: 1, max: 128 }),
});

describe('the batch size', () => {
  it('is at least one while there is work, and never more than there is', () => {
    fc.assert(
      fc.property(facts, f => {
        const size = batchSize(f);
        expect(size).toBeLessThanOrEqual(f.queued);
        expect(size).toBeGreaterThanOrEqual(Math.min(1, f.queued));
      }),
    );
  });

  it('never grows with the length of the tasks', () => {
    fc.assert(
      fc.property(facts, fc.double({ min: 1, max: 1000, noNaN: true }), (f, factor) => {
        if (f.taskMs === undefined) return;
        expect(batchSize({ ...f, taskMs: f.taskMs * factor })).toBeLessThanOrEqual(batchSize(f));
      }),
    );
  });

  it('is one until a task was seen, and one for tasks longer than the target', () => {
    expect(batchSize({ taskMs: undefined, previous: 500, queued: 1000, slots: 2 })).toBe(1);
    expect(batchSize({ taskMs: 0.001, previous: 0, queued: 1000, slots: 2 })).toBe(1);
    expect(batchSize({ taskMs: 50, previous: 500, queued: 1000, slots: 2 })).toBe(1);
  });

  it('leaves something for the other slots', () => {
    expect(batchSize({ taskMs: 0.001, previous: 1000, queued: 100, slots: 4 })).toBe(13);
  });
});

describe('the average', () => {
  it('lies between what was and what is', () => {
    const ms = fc.double({ min: 0, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(ms, ms, (before, now) => {
        const average = averageTaskMs(before, now, 1);
        expect(average).toBeGreaterThanOrEqual(Math.min(before, now) - 1e-6);
        expect(average).toBeLessThanOrEqual(Math.max(before, now) + 1e-6);
      }),
    );
  });
});
