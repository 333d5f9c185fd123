import { isMegalithError, type JobFolder, type MegalithError, megalithHome, readJobFolders } from '@megalith/agent';
import { findJob } from './find-job.js';
import type { JobListing, JobReport, JobsOptions } from './job-report.js';
import { type Standing, standingOf } from './standing.js';

export interface ListOptions extends JobsOptions {
  /** Told of each job that can't be read: damaged, or of another version of Megalith. @defaultValue throws it */
  readonly onUnreadable?: (error: MegalithError) => void;
}

/** All jobs of this home, newest first. Quick for ended jobs of any size; the journal of a running one is read. */
export async function listJobs(options: ListOptions = {}): Promise<JobListing[]> {
  const { home = megalithHome(), onUnreadable = rethrow } = options;
  const { jobs, unreadable } = await readJobFolders(home);
  unreadable.forEach(onUnreadable);
  const listings: JobListing[] = [];
  for (const job of jobs) {
    try {
      listings.push(listing(job, await standingOf(job)));
    } catch (error) {
      if (!isMegalithError(error)) throw error;
      onUnreadable(error);
    }
  }
  return listings.sort(newestFirst);
}

/**
 * What is known of the job with this id, or the only one whose id starts with it.
 * @throws MegalithError NOT_FOUND, USAGE for an ambiguous prefix, JOURNAL_FAILED for a job that can't be read
 */
export async function readJob(idOrPrefix: string, options: JobsOptions = {}): Promise<JobReport> {
  return report(await findJob(idOrPrefix, options));
}

export async function report(job: JobFolder): Promise<JobReport> {
  const standing = await standingOf(job);
  const { work, requirements, cwd, envNames, hostname, host } = job.description;
  const { failures, failure, durations, peakMemoryBytes } = standing;
  return {
    ...listing(job, standing),
    work,
    requirements,
    cwd,
    envNames,
    hostname,
    pid: host.pid,
    failures,
    ...(failure && { failure }),
    ...(durations && { durations }),
    ...(peakMemoryBytes !== undefined && { peakMemoryBytes }),
  };
}

function listing({ id, description }: JobFolder, { state, endedAt, counts }: Standing): JobListing {
  const { name, work, createdAt, tags } = description;
  return { id, name, kind: work.kind, state, createdAt, ...(endedAt !== undefined && { endedAt }), counts, tags };
}

function newestFirst(a: JobListing, b: JobListing): number {
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt ? 1 : -1;
  return a.id < b.id ? 1 : -1;
}

function rethrow(error: MegalithError): never {
  throw error;
}
