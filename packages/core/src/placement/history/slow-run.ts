import { timeParts, timeWith } from './computing-time.js';
import { quantileOf } from './survival.js';
import type { TaskSample } from './task-sample.js';

/** How far runs differ is not known from fewer of them. */
const fewestRuns = 5;

/**
 * How many times longer than usual the usual task takes in the slowest tenth of runs.
 * @returns undefined where too few runs are known
 */
export function slowRunOf(done: readonly TaskSample[], cpus: number): number | undefined {
  const runs = new Map<string, number[]>();
  for (const sample of done) {
    const run = sample.task.slice(0, sample.task.lastIndexOf('/'));
    const times = runs.get(run) ?? [];
    times.push(timeWith(timeParts(sample), cpus));
    runs.set(run, times);
  }
  if (runs.size < fewestRuns) return undefined;
  // Each run counts the same, however many of its tasks are known.
  const middles = [...runs.values()].map(times => plainQuantile(times, 0.5));
  const usual = plainQuantile(middles, 0.5);
  return usual > 0 ? Math.max(1, plainQuantile(middles, 0.9) / usual) : undefined;
}

function plainQuantile(values: readonly number[], q: number): number {
  return quantileOf(
    values.map(value => ({ value, isOver: false, weight: 1 })),
    q,
    0,
  )!;
}
