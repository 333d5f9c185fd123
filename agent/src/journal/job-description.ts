import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MegalithError } from '../errors.js';
import type { ProcessIdentity } from '../process/process-identity.js';
import type { JournalledSpec } from './entries.js';

/** Raised when a program of before could no longer read the folder. */
export const jobFormatVersion = 1;

/** What `job.json` holds: written once, when the job is accepted. */
export interface JobDescription extends JournalledSpec {
  readonly formatVersion: number;
  /** ISO 8601. */
  readonly createdAt: string;
  /** The process that runs the job and writes its journal, on the machine of this name. */
  readonly host: ProcessIdentity;
  readonly hostname: string;
  /** The job outlives its client and its host; `kept-spec` beside it holds all that is needed to go on. */
  readonly durable?: boolean;
  /** Set in a client's copy of a job of another machine: whether the job's host lives can't be seen from here. */
  readonly copy?: { readonly machine: string; readonly isLost: boolean };
}

export function descriptionPath(folder: string): string {
  return join(folder, 'job.json');
}

/**
 * Reads the description in a job's folder; undefined where there is none (yet, or no more).
 * @throws MegalithError JOURNAL_FAILED for a description that this version can't read
 */
export async function readDescription(folder: string): Promise<JobDescription | undefined> {
  const description = (await readJsonFile(descriptionPath(folder))) as JobDescription | undefined;
  if (description && description.formatVersion !== jobFormatVersion) {
    throw new MegalithError('JOURNAL_FAILED', `the job in "${folder}" has format ${description.formatVersion}`, {
      hint: `this Megalith reads format ${jobFormatVersion}: use the version that wrote the job`,
    });
  }
  return description;
}

/** Undefined where there is no such file. */
export async function readJsonFile(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MegalithError('JOURNAL_FAILED', `"${path}" does not hold JSON`, {
      hint: 'the file was changed by something else; remove the folder that holds it',
      cause,
    });
  }
}
