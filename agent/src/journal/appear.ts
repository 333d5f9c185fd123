import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { MegalithError } from '../errors.js';
import { privateFolder } from './atomic-file.js';
import { jobFolder, jobsFolder } from './home.js';
import { writeFailure } from './write-failure.js';

/** Begins the name of a job's folder that has not all that belongs in it. */
export const begunPrefix = '.begun-';

/**
 * Makes a job's folder with all that `fill` puts there, or nothing: a process that is killed in between leaves no half of a job.
 * @throws MegalithError USAGE for a bad id or one that is taken, DISK_FULL, JOURNAL_FAILED
 */
export function appear(home: string, id: string, fill: (folder: string) => void): void {
  const dir = jobFolder(home, id);
  const begun = join(jobsFolder(home), `${begunPrefix}${id}-${randomBytes(4).toString('hex')}`);
  try {
    mkdirSync(begun, { recursive: true, mode: privateFolder });
  } catch (cause) {
    throw writeFailure(dir, cause);
  }
  let isFilled = false;
  try {
    fill(begun);
    isFilled = true;
    renameSync(begun, dir);
  } catch (cause) {
    rmSync(begun, { recursive: true, force: true });
    throw isFilled && isTaken(cause) ? taken(id) : writeFailure(dir, cause);
  }
}

function isTaken(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOTEMPTY' || code === 'EEXIST';
}

function taken(id: string): MegalithError {
  return new MegalithError('USAGE', `there is a job "${id}" already`, {
    hint: 'give the new job another id, or remove the old one with `megalith jobs rm`',
  });
}
