import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emptyHistory, type History, mergeHistories, withSamples } from './history.js';
import { historyText, parseHistory } from './history-file.js';
import { spreadOut } from './spread-out.js';
import type { TaskSample } from './task-sample.js';
import { anySample, sample, samplesOf } from './testing/samples.js';

const anySamples = fc.array(anySample, { maxLength: 200 });
const anyHistory: fc.Arbitrary<History> = fc
  .array(anySamples, { maxLength: 3 })
  .map(jobs => jobs.reduce<History>(withSamples, emptyHistory));

describe('a merge of histories', () => {
  test('is the same in any order, in any groups, and however often', () => {
    fc.assert(
      fc.property(anyHistory, anyHistory, anyHistory, (a, b, c) => {
        const ab = mergeHistories(a, b);
        expect(mergeHistories(b, a)).toEqual(ab);
        expect(mergeHistories(ab, c)).toEqual(mergeHistories(a, mergeHistories(b, c)));
        expect(mergeHistories(ab, b)).toEqual(ab);
        expect(mergeHistories(a, emptyHistory)).toEqual(a);
      }),
      { numRuns: 40 },
    );
  });

  test('knows each attempt once, the newest 128 of them', () => {
    const jobs = (name: string) => samplesOf(60, n => ({ task: `${name}/${n}`, at: 1000 + n }));
    const all = ['a', 'b', 'c'].map(name => withSamples(emptyHistory, jobs(name))).reduce(mergeHistories);
    expect(all.samples).toHaveLength(128);
    expect(all.counts.done).toBe(60);
    expect(new Set(all.samples.map(({ task }) => task)).size).toBe(128);
    expect(Math.min(...all.samples.map(({ at }) => at))).toBe(1017);
  });
});

describe('what is added to a history', () => {
  test('is bounded, and never breaks it', () => {
    fc.assert(
      fc.property(anyHistory, anySamples, (history, samples) => {
        const more = withSamples(history, samples);
        expect(more.samples.length).toBeLessThanOrEqual(128);
        expect(parseHistory(historyText({ history: more }))).toEqual({ history: more });
      }),
      { numRuns: 60 },
    );
  });

  test('is counted by its outcomes; what still runs is not added', () => {
    const { counts, samples } = withSamples(emptyHistory, [
      sample(),
      sample({ attempt: 2, outcome: 'out-of-memory' }),
      sample({ attempt: 3, outcome: 'running' }),
    ]);
    expect(counts).toEqual({ done: 1, failed: 0, 'out-of-memory': 1, 'timed-out': 0 });
    expect(samples).toHaveLength(2);
  });

  test('of one large job leaves half of what was known before', () => {
    const before = withSamples(
      emptyHistory,
      samplesOf(60, n => ({ task: `old/${n}`, at: 5 })),
    );
    const after = withSamples(
      before,
      samplesOf(10_000, n => ({ task: `new/${n}`, at: 6 })),
    );
    expect(after.samples.filter(({ task }) => task.startsWith('old'))).toHaveLength(60);
    expect(after.counts.done).toBe(10_060);
  });
});

describe('a choice among many samples', () => {
  test('has the largest, the longest and the least, and some that ran out of something', () => {
    fc.assert(
      fc.property(fc.array(anySample, { minLength: 65, maxLength: 400 }), samples => {
        const chosen = spreadOut(samples, 64);
        expect(chosen).toHaveLength(64);
        expect(new Set(chosen).size).toBe(64);
        const size = ({ peakMemoryBytes = 0, limitBytes = 0 }: TaskSample) => Math.max(peakMemoryBytes, limitBytes);
        expect(Math.max(...chosen.map(size))).toBe(Math.max(...samples.map(size)));
        expect(Math.max(...chosen.map(({ runMs }) => runMs))).toBe(Math.max(...samples.map(({ runMs }) => runMs)));
      }),
      { numRuns: 50 },
    );
  });

  test('is spread as all are', () => {
    const samples = samplesOf(1000, n => ({ peakMemoryBytes: ((n * 7919) % 1000) * 1000, runMs: 5 }));
    const peaks = spreadOut(samples, 64).map(({ peakMemoryBytes = 0 }) => peakMemoryBytes);
    const sorted = peaks.sort((a, b) => a - b);
    expect(sorted[32]! / 1000).toBeGreaterThan(470);
    expect(sorted[32]! / 1000).toBeLessThan(530);
  });
});

test.each([
  '',
  '{',
  'null',
  '[]',
  '{"version":2,"samples":[],"counts":{}}',
  '{"version":1,"samples":[{}],"counts":{}}',
])('what is no history is none: %j', text => {
  expect(parseHistory(text)).toBeUndefined();
});

test('a history from elsewhere is cut to its bounds', () => {
  const samples = samplesOf(500, n => ({ at: n }));
  const text = historyText({ history: { ...emptyHistory, samples }, pulledAt: 7 });
  const read = parseHistory(text);
  expect(read?.history.samples).toHaveLength(128);
  expect(read?.pulledAt).toBe(7);
  const wrong = historyText({ history: { ...emptyHistory, samples: [sample({ runMs: -1 })] } });
  expect(parseHistory(wrong)).toBeUndefined();
});
