import { randomBytes } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { isMegalithError, type MegalithError } from '../errors.js';
import { unlessMissing } from '../files/unless-missing.js';
import { isAlive } from '../process/process-identity.js';
import { begunPrefix } from './appear.js';
import { isJobId, jobFolder, jobsFolder } from './home.js';
import { descriptionPath, type JobDescription, readDescription } from './job-description.js';
import { journalPath } from './job-journal.js';
import { type JobSummary, readSummary } from './job-summary.js';

/** Folders read at once: some parallelism, few open files. */
const readsAtOnce = 32;
const abandonedMs = 60_000;
const removedPrefix = '.removed-';

/** What is known of a job without reading its journal. */
export interface JobFolder {
  readonly home: string;
  readonly id: string;
  readonly dir: string;
  readonly description: JobDescription;
  /** Undefined while the job runs, and for one whose host died. */
  readonly summary: JobSummary | undefined;
}

export interface JobFolders {
  readonly jobs: readonly JobFolder[];
  /** Folders of a format that this version can't read, or damaged ones. */
  readonly unreadable: readonly MegalithError[];
}

/** All jobs of a home, in no order. A home that does not exist has none. */
export async function readJobFolders(home: string): Promise<JobFolders> {
  const ids = await jobIds(home);
  const jobs: JobFolder[] = [];
  const unreadable: MegalithError[] = [];
  const readNext = async () => {
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
      try {
        const job = await readJobFolder(home, id);
        if (job) jobs.push(job);
      } catch (error) {
        if (!isMegalithError(error)) throw error;
        unreadable.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: readsAtOnce }, readNext));
  return { jobs, unreadable };
}

/** One job; undefined where there is none of this id, or its description is not written yet. */
export async function readJobFolder(home: string, id: string): Promise<JobFolder | undefined> {
  const dir = jobFolder(home, id);
  // The summary first: a folder removed in between must not look like a job that has not ended.
  const summary = await readSummary(dir);
  const description = await readDescription(dir);
  return description && { home, id, dir, description, summary };
}

/** The ids that have a folder, jobs or not yet. */
export async function jobIds(home: string): Promise<string[]> {
  return (await namesIn(jobsFolder(home))).filter(isJobId);
}

/** The names in a folder; none where it does not exist. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** True while a process may still write the job's journal. Of a host on another machine nothing can be known: true. */
export function mayBeRunning({ description, summary }: Pick<JobFolder, 'description' | 'summary'>): boolean {
  if (summary) return false;
  if (description.copy) return !description.copy.isLost;
  return description.hostname !== hostname() || isAlive(description.host);
}

/** When anything last happened to the job, epoch milliseconds. */
export async function lastActiveAt({ dir, description, summary }: JobFolder): Promise<number> {
  if (summary) return Date.parse(summary.endedAt);
  return (await modifiedAt(journalPath(dir))) ?? Date.parse(description.createdAt);
}

/**
 * Removes a job's folder, at once for all who look: it is renamed first.
 * @returns false where it was gone already
 */
export async function removeJobFolder(home: string, id: string): Promise<boolean> {
  const aside = join(jobsFolder(home), `${removedPrefix}${id}-${randomBytes(4).toString('hex')}`);
  try {
    await rename(jobFolder(home, id), aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  await removeTree(aside);
  return true;
}

/** Removes what killed processes left: removals half done, and folders that never became a job's. */
export async function sweepJobsFolder(home: string, now: number): Promise<void> {
  const folder = jobsFolder(home);
  for (const name of await namesIn(folder)) {
    if (name.startsWith(removedPrefix)) await removeTree(join(folder, name));
    else if (await isAbandoned(join(folder, name), now)) await removeTree(join(folder, name));
  }
}

/** A folder gets its description at once: without one after a minute, or without its final name, it never will be a job's. */
async function isAbandoned(dir: string, now: number): Promise<boolean> {
  const isBegun = basename(dir).startsWith(begunPrefix);
  if (!isBegun && !isJobId(basename(dir))) return false;
  if (!isBegun && (await modifiedAt(descriptionPath(dir))) !== undefined) return false;
  const madeAt = await modifiedAt(dir);
  return madeAt !== undefined && now - madeAt > abandonedMs;
}

/** Epoch milliseconds; undefined where the path does not exist. */
async function modifiedAt(path: string): Promise<number | undefined> {
  return (await unlessMissing(stat(path)))?.mtimeMs;
}

/** Retries, as another process may be removing the same tree. */
async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
}
