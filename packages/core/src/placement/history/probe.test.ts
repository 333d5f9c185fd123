import { expect, test } from 'vitest';
import { probeSize, profileFromProbe } from './probe.js';
import { sampleOf } from './task-sample.js';
import { samplesOf } from './testing/samples.js';

const mib = 2 ** 20;

test('a probe has few tasks, and none where it would be most of the job', () => {
  expect([1, 2, 5, 6, 100].map(tasks => probeSize(tasks, 8))).toEqual([0, 0, 0, 3, 3]);
  expect(probeSize(100, 2)).toBe(2);
  expect(probeSize(undefined, 0.5)).toBe(1);
});

test('what has ended is measured', () => {
  const profile = profileFromProbe(
    samplesOf(3, n => ({ runMs: 1000 * (n + 1), cpuMs: 0 })),
    [],
  );
  expect(profile).toMatchObject({ source: 'probe', taskMs: { p50: 2000, p90: 3000 }, memoryBytes: 128 * mib });
});

test('what still runs takes longer, and holds the least that it needs', () => {
  const running = { task: 'job/9', attempt: 1, runMs: 30_000, vcpus: 1, peakMemoryBytes: 1000 * mib };
  const none = profileFromProbe([], [running, { ...running, task: 'job/8' }])!;
  expect(none.taskMs.p50).toBeCloseTo(60_000);
  expect(none.taskMs.p90).toBeCloseTo(300_000);
  expect(none.memoryBytes).toBeGreaterThan(1500 * mib);
  const one = profileFromProbe(
    samplesOf(2, () => ({ runMs: 1000, cpuMs: 0 })),
    [running],
  )!;
  expect(one.taskMs.p50).toBe(1000);
  expect(one.taskMs.p90).toBeGreaterThan(30_000);
  expect(one.memoryBytes).toBeGreaterThanOrEqual(1000 * mib);
  expect(profileFromProbe([], [])).toBeUndefined();
});

test('an attempt tells by its outcome; one that was cancelled or lost tells nothing', () => {
  const stats = {
    workerStartedAt: 0,
    startedAt: 1000,
    endedAt: 3500,
    inputMs: 0,
    outputMs: 0,
    coldStart: false,
    cpuUserMs: 2000,
    cpuSystemMs: 100,
    peakMemoryBytes: 5,
    bytesIn: 1,
    bytesOut: 2,
    slot: 0,
  };
  const place = { job: 'j', vcpus: 0.5, memoryBytes: 512 };
  const told = { task: 'j/3', attempt: 2, at: 3500, runMs: 2500, cpuMs: 2100, vcpus: 0.5, peakMemoryBytes: 5 };
  expect(sampleOf(3, 2, stats, undefined, place)).toEqual({ ...told, outcome: 'done', bytesIn: 1, bytesOut: 2 });
  expect(sampleOf(3, 2, stats, { code: 'OUT_OF_MEMORY' }, place)).toMatchObject({ limitBytes: 512 });
  expect(sampleOf(3, 2, stats, { code: 'THREW' }, place)).toMatchObject({ outcome: 'failed' });
  for (const code of ['CANCELLED', 'AGENT_LOST'] as const) {
    expect(sampleOf(3, 2, stats, { code }, place)).toBeUndefined();
  }
});
