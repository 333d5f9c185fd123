import { setTimeout as delay } from 'node:timers/promises';
import { type JobFolder, MegalithError, mayBeRunning, readJobFolder } from '@megalith/agent';
import { formatDuration, parseDuration } from '../config/duration.js';
import type { Duration } from '../executor/types.js';
import { findJob } from './find-job.js';
import type { JobReport, JobsOptions } from './job-report.js';
import { report } from './read-job.js';

/** Between two looks at the job's folder: soon enough for a person, and no load. */
const pollMs = 200;

export interface WaitForJobOptions extends JobsOptions {
  /** @defaultValue none */
  readonly timeout?: Duration;
  readonly signal?: AbortSignal;
}

/**
 * Waits until a job of any process has ended, or is found lost, and tells how it stands then.
 * @throws MegalithError WAIT_TIMED_OUT (the job goes on), NOT_FOUND (also where it is removed meanwhile), USAGE; with a
 * signal, its reason
 */
export async function waitForJob(idOrPrefix: string, options: WaitForJobOptions = {}): Promise<JobReport> {
  const { timeout, signal } = options;
  const timeoutMs = timeout === undefined ? Number.POSITIVE_INFINITY : parseDuration(timeout);
  const deadline = performance.now() + timeoutMs;
  let job = await findJob(idOrPrefix, options);
  while (mayBeRunning(job)) {
    signal?.throwIfAborted();
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) throw timedOut(job, timeoutMs);
    await pause(Math.min(pollMs, leftMs), signal);
    job = await readAgain(job);
  }
  return report(job);
}

/** Throws the signal's own reason, where the timer would throw an AbortError around it. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

async function readAgain({ home, id }: JobFolder): Promise<JobFolder> {
  const job = await readJobFolder(home, id);
  if (job) return job;
  throw new MegalithError('NOT_FOUND', `job "${id}" was removed`, { hint: 'its results and logs are gone with it' });
}

function timedOut({ id }: JobFolder, timeoutMs: number): MegalithError {
  return new MegalithError('WAIT_TIMED_OUT', `job "${id}" did not end within ${formatDuration(timeoutMs)}`, {
    hint: 'it goes on: wait longer, or cancel it',
    details: { id, timeoutMs },
  });
}
