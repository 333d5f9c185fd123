import { expect, test } from 'vitest';
import { unknownProfile } from '../job-profile.js';
import { probeSize, profileFromProbe } from './probe.js';
import { sampleOf } from './task-sample.js';

const mib = 2 ** 20;

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
const job = { profile: unknownProfile, requirements: { cpus: 1, graceMs: 0 } };
const ran = (seconds: number) => ({
  ...stats,
  endedAt: 1000 + seconds * 1000,
  cpuUserMs: seconds * 1000,
  cpuSystemMs: 0,
  peakMemoryBytes: 100 * mib,
});

test('a probe has few tasks, or all where it would be most of the job', () => {
  expect([0, 1, 2, 5, 6, 100].map(tasks => probeSize(tasks))).toEqual([0, 1, 2, 5, 3, 3]);
  expect(probeSize(100, 2)).toBe(2);
  expect(probeSize(undefined, 0.5)).toBe(1);
});

test('what has ended is measured', () => {
  const profile = profileFromProbe([ran(1), ran(2), ran(3)], [], job);
  expect(profile).toMatchObject({ source: 'probe', taskMs: { p50: 2000, p90: 3000 }, memoryBytes: 128 * mib });
  expect(profileFromProbe([ran(4)], [], job, 0.5).taskMs.p50).toBe(4000);
  expect(profileFromProbe([{ ...ran(4), cpuUserMs: 2000 }], [], job, 0.5).taskMs.p50).toBe(2000);
});

test('what still runs takes longer', () => {
  const none = profileFromProbe([], [30_000, 30_000], job).taskMs;
  expect(none.p50).toBeCloseTo(60_000);
  expect(none.p90).toBeCloseTo(300_000);
  const one = profileFromProbe([ran(1), ran(1)], [30_000], job).taskMs;
  expect(one.p50).toBe(1000);
  expect(one.p90).toBeGreaterThan(30_000);
});

test('what the caller said of memory stands, and a probe that showed nothing changes nothing', () => {
  const said = { ...job, profile: { ...unknownProfile, memoryBytes: 7 } };
  expect(profileFromProbe([ran(1)], [], said)).toMatchObject({ memoryBytes: 7, source: 'probe' });
  expect(profileFromProbe([], [], said)).toBe(said.profile);
});

test('an attempt tells by its outcome; one that was cancelled or lost tells nothing', () => {
  const place = { job: 'j', vcpus: 0.5, memoryBytes: 512 };
  const told = { task: 'j/3', attempt: 2, at: 3500, runMs: 2500, cpuMs: 2100, vcpus: 0.5, peakMemoryBytes: 5 };
  expect(sampleOf(3, 2, stats, undefined, place)).toEqual({ ...told, outcome: 'done', bytesIn: 1, bytesOut: 2 });
  expect(sampleOf(3, 2, stats, { code: 'OUT_OF_MEMORY' }, place)).toMatchObject({ limitBytes: 512 });
  expect(sampleOf(3, 2, stats, { code: 'THREW' }, place)).toMatchObject({ outcome: 'failed' });
  for (const code of ['CANCELLED', 'AGENT_LOST'] as const) {
    expect(sampleOf(3, 2, stats, { code }, place)).toBeUndefined();
  }
});
