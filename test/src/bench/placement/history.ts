import type { JobProfile } from '@megalith/core';
import type { TrueFunction, TrueJob } from './true-job.js';

/** So many runs are remembered of each function. */
const mostRuns = 20;
/** What is asked for above the most that was ever seen. */
const memoryMargin = 1.03;
/** So many tasks of a run are looked at. */
const samples = 10;
/** So many tasks of a run are remembered. */
const mostTasks = 50;

interface PastRun {
  readonly ms: readonly number[];
  readonly peakBytes: number;
}

/** What earlier runs of a function took: all that the planner knows of it. */
export class History {
  readonly #runs = new Map<TrueFunction, PastRun[]>();

  add({ fn, ms, peakBytes }: TrueJob): void {
    const runs = this.#runs.get(fn) ?? [];
    this.#runs.set(fn, runs);
    runs.push({ ms: ms.slice(0, mostTasks), peakBytes: Math.max(...peakBytes) });
    if (runs.length > mostRuns) runs.shift();
  }

  /** Undefined for a function that never ran. */
  profileOf(fn: TrueFunction): JobProfile | undefined {
    const runs = this.#runs.get(fn);
    if (runs === undefined) return undefined;
    // Each run counts the same, however many tasks it had.
    const medians = runs.map(run => quantile(run.ms, 0.5));
    const tasks = runs.flatMap(run => sample(run.ms));
    const taskMs = { p50: quantile(tasks, 0.5), p90: quantile(tasks, 0.9) };
    const slowRun = Math.max(1, quantile(medians, 0.9) / quantile(medians, 0.5));
    const memoryBytes = Math.max(...runs.map(run => run.peakBytes)) * memoryMargin;
    return { taskMs, slowRun, memoryBytes: Math.ceil(memoryBytes), source: 'history' };
  }
}

/** As many of each run, evenly taken. */
function sample(all: readonly number[]): number[] {
  return Array.from({ length: samples }, (_, i) => all[Math.floor((i * all.length) / samples)]!);
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
