import type { FoundJob, JobsListing, MachineJobs } from '@megalith/standalone';
import { inJobsHome } from '../preferences/jobs-home.js';

/** A line on standard error. */
export type Note = (line: string) => void;

/** Works with the jobs of this home and of all machines; connections end with the body. */
export async function withJobs<T>(body: (jobs: MachineJobs) => Promise<T>): Promise<T> {
  const { MachineJobs } = await import('@megalith/standalone');
  const jobs = await MachineJobs.open({ ...inJobsHome(), cwd: process.cwd() });
  try {
    return await body(jobs);
  } finally {
    await jobs.close();
  }
}

/** Works with one job, wherever it is. @throws MegalithError NOT_FOUND, USAGE, CONTACT_LOST */
export function withJob<T>(
  id: string,
  note: Note,
  body: (job: FoundJob) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  return withJobs(async jobs => {
    const job = await jobs.find(id, signal === undefined ? {} : { signal });
    tellOfSilent(job.unreachable, note);
    return await body(job);
  });
}

/** Machines that could not be asked, one line each. */
export function tellOfSilent(unreachable: JobsListing['unreachable'], note: Note): void {
  for (const { machine, error } of unreachable) {
    note(`warning: ${machine} can't be reached, and what is there is not shown: ${error.message}`);
  }
}
