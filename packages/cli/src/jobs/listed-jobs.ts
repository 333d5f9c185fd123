import { listJobs, type MegalithError } from '@megalith/core';
import type { ListedJob } from '@megalith/standalone';
import { inJobsHome } from '../preferences/jobs-home.js';
import { type Note, tellOfSilent, withJobs } from './open-jobs.js';

export interface Listing {
  readonly jobs: readonly ListedJob[];
  /** Machines that were not heard of. */
  readonly unreachable: readonly { readonly machine: string; readonly code: string; readonly message: string }[];
}

/** Jobs of this home, and, unless only they are wanted, of all machines. */
export async function listedJobs(onlyHere: boolean, note: Note): Promise<Listing> {
  const warn = (error: MegalithError): void => note(`warning: ${error.message}`);
  if (onlyHere) {
    const jobs = await listJobs({ ...inJobsHome(), onUnreadable: warn });
    return { jobs: jobs.map(job => ({ ...job, where: ['here'] })), unreachable: [] };
  }
  return await withJobs(async open => {
    const { jobs, unreachable, unreadable } = await open.list();
    unreadable.forEach(warn);
    tellOfSilent(unreachable, note);
    return {
      jobs,
      unreachable: unreachable.map(({ machine, error: { code, message } }) => ({ machine, code, message })),
    };
  });
}
