import { spreadOut } from './spread-out.js';
import type { SampleOutcome, TaskSample } from './task-sample.js';

/** What is known of one piece of code from its runs. */
export interface History {
  /** The newest, newest first; 128 at most. */
  readonly samples: readonly TaskSample[];
  /** So many attempts ended so, at least: what two homes counted apart is not added up, since nobody knows what they counted in common. */
  readonly counts: SampleCounts;
}

export type SampleCounts = Readonly<Record<Exclude<SampleOutcome, 'running'>, number>>;

const mostSamples = 128;
/** One large job must not drive out all that others have shown. */
const mostOfOneJob = 64;

export const emptyHistory: History = {
  samples: [],
  counts: { done: 0, failed: 0, 'out-of-memory': 0, 'timed-out': 0 },
};

/** Adds what a job's attempts told; of many those that show how they are spread, with the largest. */
export function withSamples(history: History, samples: readonly TaskSample[]): History {
  const ended: TaskSample[] = [];
  const counts = { ...history.counts };
  for (const sample of samples) {
    if (sample.outcome === 'running') continue;
    counts[sample.outcome]++;
    ended.push(sample);
  }
  return { samples: newest([...history.samples, ...spreadOut(ended, mostOfOneJob)]), counts };
}

/** What two histories of the same code know together: the same in any order and however often. */
export function mergeHistories(one: History, other: History): History {
  const highest = (outcome: keyof SampleCounts) => Math.max(one.counts[outcome], other.counts[outcome]);
  return {
    samples: newest([...one.samples, ...other.samples]),
    counts: {
      done: highest('done'),
      failed: highest('failed'),
      'out-of-memory': highest('out-of-memory'),
      'timed-out': highest('timed-out'),
    },
  };
}

function newest(samples: readonly TaskSample[]): readonly TaskSample[] {
  const byAttempt = new Map<string, TaskSample>();
  for (const sample of samples) {
    const name = attemptName(sample);
    const known = byAttempt.get(name);
    if (known === undefined || comesBefore(sample, known) < 0) byAttempt.set(name, sample);
  }
  return [...byAttempt.values()].sort(comesBefore).slice(0, mostSamples);
}

function attemptName({ task, attempt }: TaskSample): string {
  return `${task} ${attempt}`;
}

/** An order of all samples, so that what is kept never depends on the order in which they came. */
function comesBefore(one: TaskSample, other: TaskSample): number {
  return other.at - one.at || compare(attemptName(one), attemptName(other)) || compare(textOf(one), textOf(other));
}

function textOf(sample: TaskSample): string {
  return JSON.stringify(Object.entries(sample).sort(([a], [b]) => compare(a, b)));
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
