import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candidate } from '../backends/backend.js';
import type { PerHour } from './billing.js';
import { estimateOf } from './estimate.js';
import type { PlannedJob } from './planned-job.js';
import { functionCandidate, hereCandidate, newCandidate, plannedJob } from './testing/candidates.js';
import { seeded } from './testing/seeded.js';

const profileOf = (p50: number, p90 = p50): PlannedJob['profile'] => ({ source: 'history', taskMs: { p50, p90 } });
const estimate = (candidate: Candidate, job: Partial<PlannedJob> = {}) => estimateOf(plannedJob(job), candidate);
const perHour = (fields: Partial<PerHour>) => {
  const billing: PerHour = { per: 'hour', usdPerHour: 3600, minimumMs: 0, startMs: 0, idleTailMs: 0, ...fields };
  return hereCandidate({ billing });
};

describe('the time of a job', () => {
  it('is that of the start and of the waves of its tasks', () => {
    const place = hereCandidate({ slots: 4, startMs: 7000, taskOverheadMs: 10 });
    expect(estimate(place, { profile: profileOf(1000), taskCount: 4 }).ms).toBe(7000 + 1010);
    expect(estimate(place, { profile: profileOf(1000), taskCount: 9 }).ms).toBe(7000 + 3 * 1010);
  });

  it('counts what travels', () => {
    const place = hereCandidate({ transfer: { bytesPerSecond: 1000, usdPerGib: 2 ** 30 } });
    const profile = { ...profileOf(1000), bytesIn: 400, bytesOut: 100 };
    expect(estimate(place, { profile, taskCount: 2 })).toMatchObject({ ms: 2000, usd: 1000 });
  });

  it('is never above a timeout for each task', () => {
    const requirements = { cpus: 1, graceMs: 0, timeoutMs: 500 };
    expect(estimate(hereCandidate(), { requirements, profile: profileOf(1000, 9000) })).toMatchObject({
      ms: 500,
      slowMs: 500,
    });
  });

  it('of one task is its median, and that of the slowest tenth', () => {
    const of = estimate(hereCandidate(), { profile: profileOf(1000, 3000) });
    expect(of.ms).toBeCloseTo(1000, 0);
    expect(of.slowMs).toBe(3000);
  });

  it.each([
    [10, 3, 1.5],
    [100, 8, 3],
    [1000, 64, 2],
    [40, 1000, 4],
    [3, 2, 2],
  ])(
    'of %i tasks on %i slots, spread %f-fold, is what simulations take half of the time, to a seventh',
    (tasks, slots, fold) => {
      const random = seeded(7);
      const deviation = Math.log(fold) / 1.2816;
      const runs = Array.from({ length: 401 }, () => {
        const free = new Array<number>(slots).fill(0);
        for (let task = 0; task < tasks; task++) {
          const first = free.indexOf(Math.min(...free));
          free[first]! += 1000 * Math.exp(deviation * random.normal());
        }
        return Math.max(...free);
      }).sort((a, b) => a - b);
      const { ms } = estimate(hereCandidate({ slots }), { taskCount: tasks, profile: profileOf(1000, 1000 * fold) });
      expect(ms / runs[200]!).toBeGreaterThan(1 / 1.15);
      expect(ms / runs[200]!).toBeLessThan(1.15);
    },
  );
});

describe('the cost of a job', () => {
  it('is nothing where nothing is billed', () => {
    expect(estimate(hereCandidate()).usd).toBe(0);
  });

  it.each<[string, Partial<PerHour>, number]>([
    ['run time', {}, 60],
    ['the start', { startMs: 30_000 }, 90],
    ['the minimum', { minimumMs: 300_000, startMs: 30_000 }, 300],
    ['the idle tail, also beyond the minimum', { minimumMs: 300_000, idleTailMs: 10_000 }, 310],
    ['no time that is paid for already', { idleTailMs: 10_000, paidMs: 50_000 }, 20],
    ['never less than nothing', { paidMs: 500_000 }, 0],
  ])('by the hour is that of %s', (_what, billing, usd) => {
    expect(estimate(perHour(billing)).usd).toBeCloseTo(usd, 6);
  });

  it('of functions is that of each task, whole milliseconds and request, and of each cold start', () => {
    const billing = {
      per: 'gib-second',
      usdPerGibSecond: 1,
      usdPerRequest: 0.5,
      memoryGib: 2,
      coldStartMs: 250,
    } as const;
    const place = functionCandidate(1769, { billing, slots: 3, taskOverheadMs: 0.2 });
    const { usd } = estimate(place, { taskCount: 10, profile: profileOf(1000) });
    expect(usd).toBeCloseTo(10 * (2 * 1.001 + 0.5) + 3 * 2 * 0.25, 6);
  });

  it('of functions is the same with less of a processor, which takes longer', () => {
    const [small, large] = [442.25, 1769].map(mib => estimate(functionCandidate(mib)));
    expect(small!.usd).toBeCloseTo(large!.usd, 8);
    expect(small!.ms).toBeGreaterThan(3.9 * large!.ms);
  });

  it('and its time grow with tasks and how long they take, and the slow ones are never less', () => {
    const places = [hereCandidate({ slots: 5 }), newCandidate(), functionCandidate(1024)];
    const time = fc.integer({ min: 0, max: 10_000_000 });
    fc.assert(
      fc.property(time, time, fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 5000 }), (a, b, m, n) => {
        const [p50, p90, few, many] = [Math.min(a, b), Math.max(a, b), Math.min(m, n), Math.max(m, n)];
        for (const place of places) {
          const less = estimate(place, { taskCount: few, profile: profileOf(p50) });
          const spread = estimate(place, { taskCount: few, profile: profileOf(p50, p90) });
          const more = estimate(place, { taskCount: many, profile: profileOf(p90) });
          for (const of of [less, spread, more]) {
            expect(of.slowMs).toBeGreaterThanOrEqual(of.ms * (1 - 1e-12));
            expect(of.slowUsd).toBeGreaterThanOrEqual(of.usd * (1 - 1e-12));
          }
          expect(more.slowMs).toBeGreaterThanOrEqual(less.slowMs);
          expect(more.usd).toBeGreaterThanOrEqual(less.usd);
        }
      }),
    );
  });
});
