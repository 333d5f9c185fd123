import { MegalithError } from '../../errors.js';

/** What a failed write of a sort's files is called. Anything else than a full disk is given back as it is. */
export function diskFailure(error: unknown, path: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new MegalithError('DISK_FULL', `there is no room left for "${path}"`, {
    hint: 'a sort needs as much room for its runs as it has data: free some, or name another folder for them',
    cause: error,
  });
}
