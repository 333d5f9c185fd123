import { listJobs, MegalithError, removeJob } from '@megalith/core';
import { inJobsHome } from '../preferences/jobs-home.js';

/** Removes the jobs named, or all that are over. @returns their ids, in the order of removal */
export async function removeJobs(ids: readonly string[], ended: boolean): Promise<string[]> {
  if (ids.length > 0 === ended) {
    throw new MegalithError('USAGE', ids.length > 0 ? 'both ids and --ended are given' : 'nothing is named to remove', {
      hint: 'give ids, or --ended for all jobs that are over',
    });
  }
  const home = inJobsHome();
  const wanted = ended ? await endedIds(home) : ids;
  const removed: string[] = [];
  for (const id of wanted) removed.push(await removeJob(id, home));
  return removed;
}

async function endedIds(home: { readonly home?: string }): Promise<string[]> {
  // A job that cannot be read may be anything, also running.
  const jobs = await listJobs({ ...home, onUnreadable: () => undefined });
  return jobs.filter(job => job.state !== 'running').map(job => job.id);
}
