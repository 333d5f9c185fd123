import type { AttemptStats } from '@megalith/agent';
import type { JobProfile } from '../job-profile.js';
import type { PlannedJob } from '../planned-job.js';
import { profileOfSamples } from './profile-from.js';
import { sampleOf, type TaskSample } from './task-sample.js';

/** Enough to tell a task that is small from one that is not. */
const mostTasks = 3;

/** After so long a probe is looked at, whether its tasks have ended or not: those that run go on, and tell that they take longer. Milliseconds. */
export const probeLimitMs = 30_000;

/**
 * So many tasks of a job that nothing is known of are measured before the rest is placed: all of them where a probe would be most of the job.
 * @param taskCount undefined for a lazy input
 * @param slots tasks at once, where the probe runs
 */
export function probeSize(taskCount: number | undefined, slots = mostTasks): number {
  const size = Math.max(1, Math.min(mostTasks, Math.floor(slots)));
  return taskCount !== undefined && taskCount < 2 * size ? taskCount : size;
}

/**
 * What a job's first tasks have shown. Those that still run take longer than they have.
 * @param done figures of those that ended well
 * @param runningMs how long each of the others has run
 * @param vcpus processors that their slots had. @defaultValue what a task asks for
 */
export function profileFromProbe(
  done: readonly AttemptStats[],
  runningMs: readonly number[],
  { profile, requirements }: Pick<PlannedJob, 'profile' | 'requirements'>,
  vcpus = requirements.cpus,
): JobProfile {
  const place = { job: 'probe', vcpus };
  const ended = done.map((stats, n) => sampleOf(n, 1, stats, undefined, place)!);
  const now = ended.reduce((latest, { at }) => Math.max(latest, at), 0);
  const running = runningMs.map((runMs, n): TaskSample => {
    const task = `probe/${done.length + n}`;
    return { task, attempt: 1, at: now, outcome: 'running', runMs, vcpus, bytesIn: 0, bytesOut: 0 };
  });
  const shown = profileOfSamples([...ended, ...running], now, requirements.cpus, 'probe');
  if (shown === undefined) return profile;
  // What the caller said stands.
  const { memoryBytes = shown.memoryBytes } = profile;
  return { ...profile, ...shown, ...(memoryBytes === undefined ? {} : { memoryBytes }) };
}
