import { MegalithError, mayBeRunning, removeJobFolder } from '@megalith/agent';
import { findJob } from './find-job.js';
import type { JobsOptions } from './job-report.js';

/**
 * Removes all that is kept of a job: description, journal with results and logs.
 * @returns its id
 * @throws MegalithError NOT_FOUND; USAGE for a job that runs or an ambiguous prefix
 */
export async function removeJob(idOrPrefix: string, options: JobsOptions = {}): Promise<string> {
  const job = await findJob(idOrPrefix, options);
  if (mayBeRunning(job)) {
    throw new MegalithError('USAGE', `job "${job.id}" is running`, {
      hint: `cancel it first: megalith jobs cancel ${job.id}`,
    });
  }
  await removeJobFolder(job.home, job.id);
  return job.id;
}
