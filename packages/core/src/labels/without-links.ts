import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { MegalithError } from '@megalith/agent';

/**
 * Absolute paths that go through no link. Of one that is not there, the nearest folder that is, and the rest as it is written.
 * @throws MegalithError USAGE for one that can't be looked at
 */
export async function withoutLinks(paths: readonly string[]): Promise<readonly string[]> {
  return await Promise.all(paths.map(path => realPathOf(resolve(path))));
}

async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if ((code === 'ENOENT' || code === 'ENOTDIR') && path !== dirname(path))
      return join(await realPathOf(dirname(path)), basename(path));
    throw new MegalithError('USAGE', `cannot look at "${path}": ${(error as Error).message}`, { cause: error });
  }
}
