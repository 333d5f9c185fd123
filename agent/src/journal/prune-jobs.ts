import { lastActiveAt, mayBeRunning, readJobFolders, removeJobFolder, sweepJobsFolder } from './job-folders.js';

export interface Retention {
  /** Ended and lost jobs; running ones are not counted. @defaultValue 200 */
  readonly maxJobs: number;
  /** Time since the job's end (of a lost job: since its last sign of life), milliseconds. @defaultValue 7 days */
  readonly maxAgeMs: number;
}

export const defaultRetention: Retention = { maxJobs: 200, maxAgeMs: 7 * 24 * 3600 * 1000 };

export interface PrunableJob {
  readonly id: string;
  /** False while a process may still write its journal: such a job is never removed. */
  readonly isOver: boolean;
  /** Epoch milliseconds. */
  readonly lastActiveAt: number;
}

/** Which jobs go, oldest first: those over the age, and as many as are over the number. */
export function jobsToRemove(jobs: readonly PrunableJob[], retention: Retention, now: number): string[] {
  const over = jobs.filter(job => job.isOver).sort((a, b) => a.lastActiveAt - b.lastActiveAt || (a.id < b.id ? -1 : 1));
  const tooOld = over.filter(job => now - job.lastActiveAt > retention.maxAgeMs).length;
  const tooMany = over.length - retention.maxJobs;
  return over.slice(0, Math.max(tooOld, tooMany)).map(job => job.id);
}

export interface PruneOptions extends Partial<Retention> {
  /** Epoch milliseconds. @defaultValue `Date.now()` */
  readonly now?: number;
}

/**
 * Removes the jobs that retention no longer keeps. Several processes may do it at once.
 * @returns the ids that this call removed, oldest first
 */
export async function pruneJobs(home: string, options: PruneOptions = {}): Promise<string[]> {
  const { now = Date.now(), ...retention } = options;
  await sweepJobsFolder(home, now);
  const { jobs } = await readJobFolders(home);
  const prunable: PrunableJob[] = [];
  for (const job of jobs) {
    prunable.push({ id: job.id, isOver: !mayBeRunning(job), lastActiveAt: await lastActiveAt(job) });
  }
  const removed: string[] = [];
  for (const id of jobsToRemove(prunable, { ...defaultRetention, ...retention }, now)) {
    if (await removeJobFolder(home, id)) removed.push(id);
  }
  return removed;
}
