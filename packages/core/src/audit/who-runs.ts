import { hostname, userInfo } from 'node:os';

/** Who is asking: `user@host`. */
export function whoRuns(): string {
  return `${userName()}@${hostname()}`;
}

/** This user's name. In a container the user often is a number that no name belongs to. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SYSTEM_ERROR') throw error;
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
