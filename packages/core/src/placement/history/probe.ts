import type { JobProfile } from '../job-profile.js';
import { profileOfSamples } from './profile-from.js';
import type { TaskSample } from './task-sample.js';

/** Enough to tell a task that is small from one that is not. */
const mostTasks = 3;

/** After so long a probe is looked at, whether its tasks have ended or not: those that run go on, and tell that they take longer. Milliseconds. */
export const probeTimeMs = 30_000;

/**
 * So many tasks of a job that nothing is known of are measured before the rest is placed.
 * @param taskCount undefined for a lazy input
 * @param slots tasks at once, where the probe would run
 * @returns 0 where a probe would be most of the job: it is then run where it is
 */
export function probeSize(taskCount: number | undefined, slots: number): number {
  const size = Math.max(1, Math.min(mostTasks, Math.floor(slots)));
  return taskCount !== undefined && taskCount < 2 * size ? 0 : size;
}

/** A task of a probe that has not ended. */
export type Unfinished = Pick<TaskSample, 'task' | 'attempt' | 'runMs' | 'cpuMs' | 'vcpus' | 'peakMemoryBytes'>;

/**
 * What a probe has shown. Tasks that still run take longer than they have, and what they hold is the least that they need.
 * @param cpus processors that a task of the job asks for
 * @returns undefined where it has shown nothing
 */
export function profileFromProbe(
  samples: readonly TaskSample[],
  unfinished: readonly Unfinished[],
  cpus = 1,
): JobProfile | undefined {
  const now = samples.reduce((latest, { at }) => Math.max(latest, at), 0);
  const running = unfinished.map(
    (task): TaskSample => ({ ...task, at: now, outcome: 'running', bytesIn: 0, bytesOut: 0 }),
  );
  return profileOfSamples([...samples, ...running], now, cpus, 'probe');
}
