import type { Candidate } from '../backends/backend.js';
import { assumedTaskCount, type PlannedJob } from './planned-job.js';

/** All tasks of a job together, computing with the processors that they ask for. Milliseconds. */
export interface Workload {
  readonly tasks: number;
  readonly cpus: number;
  readonly usual: Computing;
  /** Where tasks are as slow as the slowest tenth. */
  readonly slow: Computing;
  readonly transferBytes: number;
  /** Of how long tasks take nobody knows more than a guess. */
  readonly isGuess: boolean;
}

export interface Computing {
  readonly totalMs: number;
  readonly longestMs: number;
}

/** The 90th percentile of a normal distribution, in its deviations. */
const deviationsAtP90 = 1.2816;
/** Beyond the 90th percentile nothing is known, so the longest of many tasks is not taken to be longer than so many times that. */
const longestInP90 = 3;

/**
 * What the tasks of a job take, from the two quantiles that are known of them: as if their logarithms were spread normally, within a run and between
 * runs.
 */
export function workloadOf(job: Pick<PlannedJob, 'requirements' | 'profile' | 'taskCount'>): Workload {
  const { requirements, profile, taskCount = assumedTaskCount } = job;
  const { bytesIn = 0, bytesOut = 0, source, slowRun } = profile;
  const tasks = Math.max(1, taskCount);
  const { timeoutMs = Number.POSITIVE_INFINITY } = requirements;
  const p50 = Math.min(profile.taskMs.p50, timeoutMs);
  const p90 = Math.max(p50, Math.min(profile.taskMs.p90, timeoutMs));
  const all = p50 > 0 ? Math.log(p90 / p50) / deviationsAtP90 : 0;
  // Where nobody knows, the usual run has all of the spread within, and the slow one all of it between runs: neither is then too short.
  const between = slowRun === undefined ? all : Math.min(all, Math.log(Math.max(1, slowRun)) / deviationsAtP90);
  const within = slowRun === undefined ? all : Math.sqrt(all * all - between * between);
  const usual = spread(p50, within, tasks);
  const longestMs = Math.min(usual.longestMs, longestInP90 * p90, timeoutMs);
  const rest = slowRun === undefined ? 0 : Math.log1p(Math.expm1(within * within) / tasks);
  const slower = Math.exp(deviationsAtP90 * Math.sqrt(between * between + rest));
  return {
    tasks,
    cpus: requirements.cpus,
    usual: { totalMs: usual.totalMs, longestMs },
    slow: {
      totalMs: Math.max(usual.totalMs, slowRun === undefined ? p90 * tasks : usual.totalMs * slower),
      longestMs: Math.min(Math.max(slowRun === undefined ? longestMs : longestMs * slowRun, p90), timeoutMs),
    },
    transferBytes: (bytesIn + bytesOut) * tasks,
    isGuess: source === 'guess',
  };
}

/** @param deviation of the logarithms of the tasks' times */
function spread(p50: number, deviation: number, tasks: number): Computing {
  if (deviation === 0) return { totalMs: p50 * tasks, longestMs: p50 };
  const variance = Math.expm1(deviation * deviation);
  // Far apart, two quantiles say little of the mean: then it is taken to lie between them.
  const mean = p50 * Math.min(Math.sqrt(1 + variance), (1 + Math.exp(deviationsAtP90 * deviation)) / 2);
  // The median of a sum: p50 of one task, and the sum of the means of very many.
  const totalMs = Math.max((tasks * mean) / Math.sqrt(1 + variance / tasks), p50);
  return { totalMs, longestMs: p50 * Math.exp(deviation * medianOfLargest(tasks)) };
}

/** Where the largest of so many normal deviates lies half of the time: Abramowitz & Stegun 26.2.23, to 0.0005. */
function medianOfLargest(count: number): number {
  const upper = 1 - 0.5 ** (1 / count);
  const t = Math.sqrt(-2 * Math.log(upper));
  return (
    t - (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t)
  );
}

/** So many times longer tasks take where there is less of a processor than they ask for. */
export function slowdownAt({ cpus }: Pick<Candidate, 'cpus'>, asked: number): number {
  return cpus > 0 && asked > cpus ? asked / cpus : 1;
}

/**
 * From the first task's start to the last one's end, milliseconds: as many waves as there are, but no less than the longest task.
 * @param overheadMs of each task
 */
export function makespanMs({ totalMs, longestMs }: Computing, tasks: number, slots: number, overheadMs: number) {
  const waves = Math.ceil(tasks / Math.max(1, slots));
  return Math.max(longestMs, (totalMs / tasks) * waves) + overheadMs * waves;
}
