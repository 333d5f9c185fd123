import { MegalithError } from '@megalith/core';
import { type Note, tellOfSilent, withJobs } from './open-jobs.js';

/** Removes the jobs named, or all of this client's that are over. @returns their ids, in the order of removal */
export async function removeJobs(ids: readonly string[], ended: boolean, note: Note): Promise<string[]> {
  if (ids.length > 0 === ended) {
    throw new MegalithError('USAGE', ids.length > 0 ? 'both ids and --ended are given' : 'nothing is named to remove', {
      hint: 'give ids, or --ended for all jobs that are over',
    });
  }
  return await withJobs(async jobs => {
    let wanted = ids;
    if (ended) {
      // A machine may have jobs of others too.
      const ours = await jobs.begunHere();
      const listing = await jobs.list();
      tellOfSilent(listing.unreachable, note);
      wanted = listing.jobs.filter(job => ours.has(job.id) && job.state !== 'running').map(job => job.id);
    }
    const removed: string[] = [];
    for (const id of wanted) {
      const job = await jobs.find(id);
      if (!ended) tellOfSilent(job.unreachable, note);
      await job.remove();
      removed.push(job.id);
    }
    return removed;
  });
}
