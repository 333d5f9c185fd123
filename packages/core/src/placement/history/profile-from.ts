import type { JobProfile, Spread } from '../job-profile.js';
import { timeParts, timeWith } from './computing-time.js';
import type { History } from './history.js';
import { slowRunOf } from './slow-run.js';
import { type Observation, quantileOf } from './survival.js';
import type { TaskSample } from './task-sample.js';

const dayMs = 24 * 3600_000;
/** After so long a sample counts half: code with the same text meets other data by and by. */
const halfLifeMs = 14 * dayMs;
/** Older ones say nothing of how much memory is needed at most, unless there are hardly any others. */
const recentMs = 90 * dayMs;
const fewRecent = 3;

/** Memory beyond what was seen, by the number of samples, old ones counting for less: few have hardly seen the largest. */
const margins = [
  { below: 2.5, margin: 1.5 },
  { below: 16, margin: 1.25 },
  { below: 64, margin: 1.15 },
  { below: Number.POSITIVE_INFINITY, margin: 1.08 },
] as const;
/** What died at its limit needs more than that by nobody knows how much: see `lessonOf`. */
const overMemory = 1.5;
/** Half of the tasks that are over a bound of memory are over 1.19 times the bound. Of time: over twice. */
const tails = { memory: 0.25, time: 1 } as const;
const roundingBytes = 64 * 2 ** 20;

/**
 * What to expect of a job's tasks after what is known of its code. It never has less memory than any recent task took.
 * @param now epoch milliseconds; what ended later is not known yet
 * @param cpus processors that a task of the job asks for
 * @returns undefined where the history says nothing
 */
export function profileFrom(history: History, now: number, cpus = 1): JobProfile | undefined {
  return profileOfSamples(history.samples, now, cpus, 'history');
}

export function profileOfSamples(
  all: readonly TaskSample[],
  now: number,
  cpus: number,
  source: 'history' | 'probe',
): JobProfile | undefined {
  const samples = telling(all.filter(({ at }) => at <= now));
  const taskMs = taskTimes(samples, now, cpus);
  if (taskMs === undefined) return undefined;
  const memoryBytes = memoryNeeded(samples, now);
  const done = samples.filter(({ outcome }) => outcome === 'done');
  const slowRun = slowRunOf(done, cpus);
  const p90Of = (figure: 'bytesIn' | 'bytesOut') => {
    const figures = done.map(sample => ({ value: sample[figure], isOver: false, weight: weightOf(sample, now) }));
    const p90 = quantileOf(figures, 0.9, 0);
    return p90 === undefined ? {} : { [figure]: p90 };
  };
  return {
    taskMs,
    ...(slowRun === undefined ? {} : { slowRun }),
    source,
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...p90Of('bytesIn'),
    ...p90Of('bytesOut'),
  };
}

/**
 * Without the attempts that another of the same task has made good: what they lacked is in that one's figures. Where nothing but failures of the code
 * is left, nothing is.
 */
function telling(samples: readonly TaskSample[]): readonly TaskSample[] {
  const done = new Set(samples.flatMap(({ task, outcome }) => (outcome === 'done' ? [task] : [])));
  const left = samples.filter(({ task, outcome }) => outcome === 'done' || !done.has(task));
  return left.every(({ outcome }) => outcome === 'failed') ? [] : left;
}

function taskTimes(samples: readonly TaskSample[], now: number, cpus: number): Spread | undefined {
  const times = samples.map(
    (sample): Observation => ({
      value: timeWith(timeParts(sample), cpus),
      isOver: sample.outcome !== 'done',
      weight: weightOf(sample, now),
    }),
  );
  const p50 = quantileOf(times, 0.5, tails.time);
  const p90 = quantileOf(times, 0.9, tails.time);
  return p50 === undefined || p90 === undefined ? undefined : { p50, p90 };
}

function memoryNeeded(samples: readonly TaskSample[], now: number): number | undefined {
  const seen = samples.flatMap((sample): (Observation & { readonly isLimit: boolean; readonly ageMs: number })[] => {
    const { outcome, limitBytes = 0, peakMemoryBytes = 0, at } = sample;
    const value = Math.max(limitBytes, peakMemoryBytes);
    if (value === 0) return [];
    const isLimit = outcome === 'out-of-memory';
    return [{ value, isOver: outcome !== 'done', isLimit, weight: weightOf(sample, now), ageMs: now - at }];
  });
  const recent = seen.filter(({ ageMs }) => ageMs <= recentMs);
  const counted = recent.length >= fewRecent ? recent : seen;
  const usual = quantileOf(counted, 0.95, tails.memory);
  if (usual === undefined) return undefined;
  const known = counted.reduce((sum, { isOver, weight }) => sum + (isOver ? 0 : weight), 0);
  const { margin } = margins.find(({ below }) => known < below)!;
  const bounds = counted.map(({ value, isLimit }) => (isLimit ? value * overMemory : value));
  return Math.ceil(Math.max(usual * margin, ...bounds) / roundingBytes) * roundingBytes;
}

/** Never 0, however old: what is all that there is counts in full. */
function weightOf({ at }: TaskSample, now: number): number {
  return Math.max(2 ** (-Math.max(0, now - at) / halfLifeMs), 1e-9);
}
