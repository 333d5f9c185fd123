import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { averageTaskMs, batchSize, isFedAt } from './batch-size.js';

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

describe('a slot', () => {
  const short = { taskMs: 12, previous: 1, queued: 10, slots: 2 };

  it('is fed when it has half of its last batch, or nothing', () => {
    expect([0, 4, 5].map(left => isFedAt(left, { taskMs: 1, previous: 8, queued: 10, slots: 2 }))).toEqual([
      true,
      true,
      false,
    ]);
    expect(isFedAt(0, { taskMs: undefined, previous: 0, queued: 1, slots: 1 })).toBe(true);
  });

  it('has one task waiting behind another that goes alone, and no more', () => {
    expect([1, 2].map(left => isFedAt(left, short))).toEqual([true, false]);
  });

  it('has none waiting behind a task that would be asked how far it is, or where others could have it', () => {
    expect(isFedAt(1, { ...short, taskMs: 50 })).toBe(false);
    expect(isFedAt(1, { ...short, taskMs: undefined })).toBe(false);
    expect(isFedAt(1, { ...short, queued: 2 })).toBe(false);
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
