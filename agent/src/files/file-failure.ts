import { isMegalithError, MegalithError } from '../errors.js';

/** A file's name as it may stand in an error: bytes that are no text become `\xNN`. */
export function shown(path: Uint8Array | string): string {
  const bytes = Buffer.from(path);
  const text = bytes.toString();
  if (!text.includes('\ufffd') && !/\p{Cc}/u.test(text)) return text;
  return bytes.toString('latin1').replace(/[^ -~]/g, byte => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** The error for a file that the system refused to read or write. Errors of our own pass as they are. */
export function fileFailure(path: Uint8Array | string, deed: 'read' | 'written', cause: unknown): MegalithError {
  if (isMegalithError(cause)) return cause;
  const systemCode = (cause as NodeJS.ErrnoException).code;
  const name = shown(path);
  const details = { path: name, systemCode };
  switch (systemCode) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new MegalithError('DISK_FULL', `no space left to write "${name}"`, {
        hint: 'free some space there and start again; what has arrived whole is not sent twice',
        details,
        cause,
      });
    case 'ENOENT':
      if (deed === 'written') break;
      return new MegalithError('NOT_FOUND', `"${name}" vanished before it was read`, {
        hint: 'wait until nothing changes the folder any more, and start again',
        details,
        cause,
      });
    case 'ENAMETOOLONG':
      return new MegalithError('USAGE', `"${name.slice(0, 200)}…" is longer than the system allows`, {
        hint: 'use a shorter folder name',
        details,
        cause,
      });
    case 'EISDIR':
    case 'ENOTEMPTY':
    case 'EEXIST':
      return new MegalithError('USAGE', `"${name}" can't be written: a folder stands there`, {
        hint: 'move that folder away, or name another destination',
        details,
        cause,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
    case 'ELOOP':
    case 'EXDEV':
      return new MegalithError('USAGE', `"${name}" can't be ${deed}: ${(cause as Error).message}`, {
        hint: 'see who owns it and what its permissions are',
        details,
        cause,
      });
  }
  return new MegalithError('JOURNAL_FAILED', `"${name}" can't be ${deed}: ${(cause as Error).message}`, {
    hint: 'see that its disk is well',
    details,
    cause,
  });
}
