import { MegalithError } from '../errors.js';

/** The error for a file of a job that the system refused to write. */
export function writeFailure(path: string, cause: unknown): MegalithError {
  const systemCode = (cause as NodeJS.ErrnoException).code;
  if (systemCode === 'ENOSPC' || systemCode === 'EDQUOT') {
    return new MegalithError('DISK_FULL', `no space left to write "${path}"`, {
      hint: 'free some space there, or set MEGALITH_HOME to a folder on a larger disk',
      details: { path, systemCode },
      cause,
    });
  }
  return new MegalithError('JOURNAL_FAILED', `"${path}" can't be written: ${(cause as Error).message}`, {
    hint: 'see that the folder exists and is yours, or set MEGALITH_HOME to another one',
    details: { path, systemCode },
    cause,
  });
}
