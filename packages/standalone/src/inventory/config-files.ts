import type { Stats } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { MegalithError } from '@megalith/agent';

const names = ['megalith.yaml', 'megalith.yml'] as const;

export interface ConfigFiles {
  /** The nearest from the working directory upwards. */
  readonly project: string | undefined;
  readonly user: string | undefined;
  /** Where the user's file is, or would be. */
  readonly userPath: string;
}

/**
 * Finds the project's file and the user's. The project's is not looked for above the first folder that has one.
 * @param cwd absolute or relative to the process @param home Megalith's home
 * @throws MegalithError CONFIG where a folder has both spellings, or where anybody may have put the file there
 */
export async function findConfigFiles(cwd: string, home: string): Promise<ConfigFiles> {
  const user = await configFileIn(resolve(home));
  const files = { user, userPath: user ?? join(resolve(home), names[0]) };
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const project = await configFileIn(folder);
    if (project !== undefined) {
      if (project === user) return { ...files, project: undefined };
      await refuseForeign(project);
      return { ...files, project };
    }
    if (folder === dirname(folder)) return { ...files, project: undefined };
  }
}

/** Where a project's file is made: in the working directory. */
export function newProjectFile(cwd: string): string {
  return join(resolve(cwd), names[0]);
}

async function configFileIn(folder: string): Promise<string | undefined> {
  const found: string[] = [];
  for (const name of names) {
    const path = join(folder, name);
    if ((await statOf(path))?.isFile()) found.push(path);
  }
  if (found.length > 1) {
    throw new MegalithError('CONFIG', `"${folder}" has both "${names[0]}" and "${names[1]}"`, {
      hint: 'put everything in one of them and remove the other',
      details: { files: found },
    });
  }
  return found[0];
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A folder above that may not be entered has nothing to say either.
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return undefined;
    throw new MegalithError('CONFIG', `cannot look at "${path}": ${(error as Error).message}`, { cause: error });
  }
}

/** The search goes through folders such as /tmp. Whoever may write there must not choose where jobs and data go. */
async function refuseForeign(path: string): Promise<void> {
  const me = process.getuid?.();
  if (me === undefined) return;
  const file = await lstat(path);
  const isOurs = file.uid === me || file.uid === 0;
  const isOpen = !file.isSymbolicLink() && (file.mode & 0o002) !== 0;
  if (!isOpen && (isOurs || ((await stat(dirname(path))).mode & 0o002) === 0)) return;
  const why = isOpen ? 'everybody may write to it' : 'another user put it where everybody may write';
  throw new MegalithError('CONFIG', `"${path}" is not safe to use: ${why}`, {
    hint: isOpen ? `take that right away: chmod o-w "${path}"` : 'remove it, or work in a folder of your own',
    details: { file: path },
  });
}
