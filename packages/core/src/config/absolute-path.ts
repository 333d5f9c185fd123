import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** A path as a config file has it: `~` is the user's home, and what is relative is so to the folder of the file. */
export function absolutePath(path: string, file: string): string {
  const isHome = path === '~' || path.startsWith('~/');
  return isHome ? join(homedir(), path.slice(1)) : resolve(dirname(file), path);
}
