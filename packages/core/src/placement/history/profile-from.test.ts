import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emptyHistory, withSamples } from './history.js';
import { profileFrom } from './profile-from.js';
import type { TaskSample } from './task-sample.js';
import { anySample, sample, samplesOf, testNow } from './testing/samples.js';

const mib = 2 ** 20;
const dayMs = 24 * 3600_000;
const profileOf = (samples: readonly TaskSample[], cpus?: number) =>
  profileFrom(withSamples(emptyHistory, samples), testNow, cpus);

describe('a profile', () => {
  test('never has less memory than a recent task took, nor no more than one that died for want of it had', () => {
    fc.assert(
      fc.property(fc.array(anySample, { maxLength: 128 }), samples => {
        const history = { ...emptyHistory, samples };
        const profile = profileFrom(history, testNow);
        const done = new Set(samples.filter(({ outcome }) => outcome === 'done').map(({ task }) => task));
        for (const { task, at, outcome, peakMemoryBytes = 0, limitBytes = 0 } of samples) {
          if (testNow - at > 90 * dayMs) continue;
          if (outcome === 'done') expect(profile?.memoryBytes ?? 0).toBeGreaterThanOrEqual(peakMemoryBytes);
          const bound = Math.max(peakMemoryBytes, limitBytes);
          if (outcome !== 'out-of-memory' || done.has(task) || bound === 0) continue;
          expect(profile?.memoryBytes).toBeGreaterThan(bound);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('is whole for any samples: ordered, finite, in sixty-fourths of a gibibyte', () => {
    fc.assert(
      fc.property(fc.array(anySample, { maxLength: 128 }), fc.constantFrom(0.1, 1, 4), (samples, cpus) => {
        const profile = profileFrom({ ...emptyHistory, samples }, testNow, cpus);
        if (profile === undefined) return;
        const { taskMs, memoryBytes = 0, bytesIn = 0, bytesOut = 0 } = profile;
        for (const figure of [taskMs.p50, taskMs.p90, memoryBytes, bytesIn, bytesOut]) {
          expect(Number.isFinite(figure) && figure >= 0).toBe(true);
        }
        expect(taskMs.p90).toBeGreaterThanOrEqual(taskMs.p50);
        expect(memoryBytes % (64 * mib)).toBe(0);
        expect(profile.source).toBe('history');
      }),
      { numRuns: 300 },
    );
  });

  test('of nothing, and of nothing but failures of the code, is none', () => {
    expect(profileOf([])).toBeUndefined();
    expect(profileOf(samplesOf(5, () => ({ outcome: 'failed' })))).toBeUndefined();
  });

  test('does not know what happens later', () => {
    const samples = [sample({ task: 'a/0', at: testNow + 1, peakMemoryBytes: 900 * mib }), sample({ task: 'a/1' })];
    expect(profileOf(samples)?.memoryBytes).toBeLessThan(900 * mib);
    expect(profileOf(samples.slice(0, 1))).toBeUndefined();
  });
});

describe('the memory of a profile', () => {
  test('has a margin that shrinks as more is known', () => {
    const withCount = (count: number) =>
      profileOf(samplesOf(count, () => ({ peakMemoryBytes: 1000 * mib })))!.memoryBytes! / mib;
    expect([1, 2, 3, 15, 17, 60].map(withCount)).toEqual([1536, 1536, 1280, 1280, 1152, 1152]);
    const jobs = [1, 2].map(job => samplesOf(40, n => ({ task: `${job}/${n}`, peakMemoryBytes: 1000 * mib })));
    const many = jobs.reduce(withSamples, emptyHistory);
    expect(profileFrom(many, testNow)!.memoryBytes! / mib).toBe(1088);
  });

  test('of old samples has the margin of few', () => {
    const old = samplesOf(20, () => ({ at: testNow - 60 * dayMs, peakMemoryBytes: 1000 * mib }));
    expect(profileOf(old)!.memoryBytes! / mib).toBe(1536);
  });

  test('forgets a peak after ninety days, if there is something newer', () => {
    const peak = sample({ task: 'old/0', at: testNow - 91 * dayMs, peakMemoryBytes: 9000 * mib });
    const newer = samplesOf(3, () => ({ peakMemoryBytes: 1000 * mib }));
    expect(profileOf([peak, ...newer])!.memoryBytes! / mib).toBe(1280);
    expect(profileOf([peak])!.memoryBytes! / mib).toBe(13_504);
  });

  test('rises half above what a task died with, until that task is known to have ended with more', () => {
    const fine = samplesOf(30, () => ({ peakMemoryBytes: 500 * mib }));
    const died = sample({
      task: 'job/99',
      outcome: 'out-of-memory',
      peakMemoryBytes: 990 * mib,
      limitBytes: 1024 * mib,
    });
    expect(profileOf([...fine, died])!.memoryBytes! / mib).toBe(1536);
    const again = sample({ task: 'job/99', attempt: 2, peakMemoryBytes: 1100 * mib });
    expect(profileOf([...fine, died, again])!.memoryBytes! / mib).toBe(1152);
  });

  test('of tasks that all died is more than twice what they had', () => {
    const died = samplesOf(4, () => ({ outcome: 'out-of-memory', peakMemoryBytes: 0, limitBytes: 1024 * mib }));
    const profile = profileOf(died)!;
    expect(profile.memoryBytes! / mib).toBeGreaterThan(2048);
    expect(profile.memoryBytes! / mib).toBeLessThan(4096);
  });

  test('is not known where no sample has it', () => {
    const threads = samplesOf(3, () => ({})).map(({ peakMemoryBytes: _, ...rest }) => rest);
    expect(profileOf(threads)).not.toHaveProperty('memoryBytes');
  });
});

describe('the time of a profile', () => {
  test('is that of the middle task and of the slowest tenth', () => {
    const samples = samplesOf(100, n => ({ task: `j${n % 2}/${n}`, runMs: n + 1, cpuMs: 0 }));
    const [one, other] = [samples.filter((_, n) => n % 2), samples.filter((_, n) => !(n % 2))];
    const history = withSamples(withSamples(emptyHistory, one), other);
    expect(profileFrom(history, testNow)!.taskMs).toEqual({ p50: 50, p90: 90 });
  });

  test('follows what is new', () => {
    const old = samplesOf(30, () => ({ at: testNow - 80 * dayMs, runMs: 60_000, cpuMs: 0 }));
    const fresh = samplesOf(10, n => ({ task: `new/${n}`, runMs: 1000, cpuMs: 0 }));
    expect(profileOf([...old, ...fresh])!.taskMs).toEqual({ p50: 1000, p90: 1000 });
  });

  test('of tasks that ran out of time is longer than what they had', () => {
    const late = samplesOf(4, () => ({ outcome: 'timed-out', runMs: 900_000, cpuMs: 0 }));
    expect(profileOf(late)!.taskMs.p50).toBeCloseTo(1_800_000);
    expect(profileOf(late)!.taskMs.p90).toBeCloseTo(9_000_000);
    const mostly = [...samplesOf(9, n => ({ task: `ok/${n}`, runMs: 1000, cpuMs: 0 })), late[0]!];
    expect(profileOf(mostly)!.taskMs).toEqual({ p50: 1000, p90: 1000 });
    const half = [...samplesOf(4, n => ({ task: `ok/${n}`, runMs: 1000, cpuMs: 0 })), ...late];
    expect(profileOf(half)!.taskMs).toEqual({ p50: 1000, p90: expect.closeTo(4_500_000) });
  });

  test('is that with a whole processor, though it was measured with a part of one', () => {
    const slow = samplesOf(5, () => ({ vcpus: 0.25, runMs: 4000, cpuMs: 1000 }));
    expect(profileOf(slow)!.taskMs.p50).toBe(1000);
    const waiting = samplesOf(5, () => ({ vcpus: 0.25, runMs: 4000, cpuMs: 100 }));
    expect(profileOf(waiting)!.taskMs.p50).toBe(3700);
    expect(profileOf(waiting, 0.25)!.taskMs.p50).toBe(4000);
    const unknown = samplesOf(5, () => ({ vcpus: 0.25, runMs: 4000 })).map(({ cpuMs: _, ...rest }) => rest);
    expect(profileOf(unknown)!.taskMs.p50).toBe(4000);
  });

  test('says how far runs differ, once five of them are known', () => {
    const run = (name: number, ms: number) => samplesOf(4, n => ({ task: `run${name}/${n}`, runMs: ms + n, cpuMs: 0 }));
    const runs = [1000, 1000, 1000, 1000, 3000].map((ms, n) => run(n, ms));
    expect(profileOf(runs.slice(0, 4).flat())).not.toHaveProperty('slowRun');
    expect(profileOf(runs.flat())!.slowRun).toBeCloseTo(3, 1);
    expect(profileOf([1, 2, 3, 4, 5].flatMap(n => run(n, 500)))!.slowRun).toBe(1);
  });

  test('of a task that kept several processors busy is longer with one', () => {
    const wide = samplesOf(5, () => ({ vcpus: 8, runMs: 1000, cpuMs: 6000 }));
    expect(profileOf(wide, 1)!.taskMs.p50).toBe(6000);
    expect(profileOf(wide, 4)!.taskMs.p50).toBe(1500);
    expect(profileOf(wide, 8)!.taskMs.p50).toBe(1000);
  });
});
