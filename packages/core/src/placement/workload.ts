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

/** What the tasks of a job take, from the two quantiles that are known of them: as if their logarithms were spread normally. */
export function workloadOf(job: Pick<PlannedJob, 'requirements' | 'profile' | 'taskCount'>): Workload {
  const { requirements, profile, taskCount = assumedTaskCount } = job;
  const { bytesIn = 0, bytesOut = 0, source } = profile;
  const tasks = Math.max(1, taskCount);
  const { timeoutMs = Number.POSITIVE_INFINITY } = requirements;
  const p50 = Math.min(profile.taskMs.p50, timeoutMs);
  const p90 = Math.max(p50, Math.min(profile.taskMs.p90, timeoutMs));
  const usual = p50 > 0 && p90 > p50 ? spread(p50, p90, tasks) : { totalMs: p50 * tasks, longestMs: p50 };
  const longestMs = Math.min(usual.longestMs, timeoutMs);
  return {
    tasks,
    cpus: requirements.cpus,
    usual: { totalMs: usual.totalMs, longestMs },
    slow: { totalMs: p90 * tasks, longestMs: Math.max(longestMs, p90) },
    transferBytes: (bytesIn + bytesOut) * tasks,
    isGuess: source === 'guess',
  };
}

function spread(p50: number, p90: number, tasks: number): Computing {
  const deviation = Math.log(p90 / p50) / deviationsAtP90;
  const variance = Math.exp(deviation * deviation) - 1;
  const mean = Math.min(p50 * Math.exp((deviation * deviation) / 2), (p50 + p90) / 2);
  // The median of a sum: p50 of one task, and the sum of the means of very many.
  const totalMs = Math.max((tasks * mean) / Math.sqrt(1 + variance / tasks), p50);
  const longestMs = Math.min(p50 * Math.exp(deviation * medianOfLargest(tasks)), longestInP90 * p90);
  return { totalMs, longestMs };
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
