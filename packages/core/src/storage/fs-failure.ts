import { isMegalithError, MegalithError } from '@megalith/agent';

/** The error for an object that the system refused to read or write. Errors of our own pass as they are. */
export function fsFailure(what: string, cause: unknown): MegalithError {
  if (isMegalithError(cause)) return cause;
  const systemCode = (cause as NodeJS.ErrnoException).code;
  const details = { systemCode };
  if (systemCode === 'ENOSPC' || systemCode === 'EDQUOT') {
    const hint = 'free some space there, or give the store a folder on a larger disk';
    return new MegalithError('DISK_FULL', `no space was left ${what}`, { hint, details, cause });
  }
  const hint = hints[systemCode ?? ''] ?? 'see that its disk is well';
  return new MegalithError('STORE_FAILED', `it failed ${what}: ${(cause as Error).message}`, { hint, details, cause });
}

const permissions = 'see who owns the folder of the store and what its permissions are';
const hints: Readonly<Record<string, string>> = {
  EACCES: permissions,
  EPERM: `${permissions}, and that its file system has hard links`,
  EROFS: permissions,
  EXDEV: 'the folder of a store must lie on one file system',
  ENOTSUP: 'the file system of a store must have hard links',
};

/** A key that is a folder to another key's parts, which a folder on disk cannot have. */
export function blocked(key: string, cause?: unknown): MegalithError {
  return new MegalithError('USAGE', `"${key}" can't be put: in a folder no object lies below another`, {
    hint: 'use keys of which none is the beginning of another one\'s folder, as "a" is of "a/b"',
    details: { key },
    ...(cause === undefined ? {} : { cause }),
  });
}

export function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
