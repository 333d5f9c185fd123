import { readdirSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { matchesPattern } from './host-pattern.js';

/** The files that an absolute pattern stands for, sorted; `*` and `?` match within one name, and no hidden ones by themselves. */
export function globFiles(pattern: string): string[] {
  let paths = ['/'];
  for (const part of pattern.split('/').filter(each => each !== ''))
    paths = paths.flatMap(path => {
      if (!/[*?]/.test(part)) return [join(path, part)];
      const names = ifThere(() => readdirSync(path)) ?? [];
      return names
        .filter(name => name.startsWith('.') === part.startsWith('.') && matchesPattern(name, part))
        .map(name => join(path, name));
    });
  return paths.filter(path => ifThere((): Stats => statSync(path))?.isFile() === true).sort();
}

/** Undefined for what is not there, or not for us: OpenSSH passes over both. */
function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (
      error instanceof Error &&
      'code' in error &&
      ['ENOENT', 'EACCES', 'ENOTDIR', 'EISDIR'].includes(String(error.code))
    )
      return undefined;
    throw error;
  }
}
