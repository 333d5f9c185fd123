import { mayBeRunning, requestCancel } from '@megalith/agent';
import { findJob } from './find-job.js';
import type { JobsOptions } from './job-report.js';

export interface CancelJobOptions extends JobsOptions {
  /** Shown as the cause in the tasks' errors. @defaultValue 'cancelled from outside' */
  readonly reason?: string;
}

/**
 * Asks a job's host, in whichever process it lives, to end the job. `waitForJob` tells when it has.
 * @returns the id, and whether there was anything to end: nothing is asked of a job that is over
 * @throws MegalithError NOT_FOUND, USAGE
 */
export async function cancelJob(
  idOrPrefix: string,
  options: CancelJobOptions = {},
): Promise<{ readonly id: string; readonly requested: boolean }> {
  const job = await findJob(idOrPrefix, options);
  const requested = mayBeRunning(job);
  if (requested) await requestCancel(job.home, job.id, options.reason ?? 'cancelled from outside');
  return { id: job.id, requested };
}
