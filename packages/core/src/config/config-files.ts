import { lstatSync, type Stats, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { MegalithError } from '@megalith/agent';

const names = ['megalith.yaml', 'megalith.yml'] as const;

/** Where an organisation says what holds for everybody on a machine. */
const systemPath = '/etc/megalith/megalith.yaml';

export interface ConfigFiles {
  /** The nearest from the working directory upwards. */
  readonly project: string | undefined;
  readonly user: string | undefined;
  /** The organisation's, for everybody on this machine. */
  readonly system: string | undefined;
  /** Where the user's file is, or would be. */
  readonly userPath: string;
}

/**
 * Finds the project's file, the user's and the organisation's. The project's is not looked for above the first folder that has one.
 * Files are looked at and not opened, all in one turn: a job that has none pays a few microseconds for each folder.
 * @param cwd absolute or relative to the process @param home Megalith's home
 * @param system of the organisation @defaultValue `/etc/megalith/megalith.yaml` where it is there, else `$MEGALITH_SYSTEM_CONFIG`
 * @throws MegalithError CONFIG where a folder has both spellings, or where others than its owner may have put the file there
 */
export function findConfigFiles(cwd: string, home: string, system = systemFile()): ConfigFiles {
  const user = configFileIn(resolve(home));
  const isThere = statOf(system)?.isFile() === true;
  if (isThere) refuseUnofficial(system);
  const files = {
    user,
    userPath: user ?? join(resolve(home), names[0]),
    system: isThere ? system : undefined,
    project: undefined,
  };
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const project = configFileIn(folder);
    if (project !== undefined) {
      if (project === user || project === files.system) return files;
      refuseForeign(project);
      return { ...files, project };
    }
    if (folder === dirname(folder)) return files;
  }
}

/**
 * Whoever starts a program says what is in its environment: that names the organisation's file only where root has put none.
 * @param official where root puts it
 * @throws MegalithError CONFIG where the environment names a file that is not there: rules that are gone are not to go unnoticed
 */
export function systemFile(named = process.env.MEGALITH_SYSTEM_CONFIG, official = systemPath): string {
  if (named === undefined || named === '' || statOf(official)?.isFile() === true) return official;
  if (statOf(named)?.isFile() === true) return named;
  throw new MegalithError('CONFIG', `"MEGALITH_SYSTEM_CONFIG" names "${named}", and there is no such file`, {
    hint: "make it, or leave the variable out: without the organisation's rules nothing is placed by them",
    details: { file: named },
  });
}

/** Where a project's file is made: in the working directory. */
export function newProjectFile(cwd: string): string {
  return join(resolve(cwd), names[0]);
}

function configFileIn(folder: string): string | undefined {
  const found = names.map(name => join(folder, name)).filter(path => statOf(path)?.isFile());
  if (found.length > 1) {
    throw new MegalithError('CONFIG', `"${folder}" has both "${names[0]}" and "${names[1]}"`, {
      hint: 'put everything in one of them and remove the other',
      details: { files: found },
    });
  }
  return found[0];
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A folder above that may not be entered has nothing to say either.
    if (code === 'ENOTDIR' || code === 'EACCES') return undefined;
    throw new MegalithError('CONFIG', `cannot look at "${path}": ${(error as Error).message}`, { cause: error });
  }
}

/** The search goes through folders such as /tmp. Whoever may write there must not choose where jobs and data go. */
function refuseForeign(path: string): void {
  const me = process.getuid?.();
  if (me === undefined) return;
  const file = lstatSync(path);
  const isOurs = file.uid === me || file.uid === 0;
  const isOpen = !file.isSymbolicLink() && (file.mode & 0o002) !== 0;
  if (!isOpen && (isOurs || (statSync(dirname(path)).mode & 0o002) === 0)) return;
  const why = isOpen ? 'everybody may write to it' : 'another user put it where everybody may write';
  throw new MegalithError('CONFIG', `"${path}" is not safe to use: ${why}`, {
    hint: isOpen ? `take that right away: chmod o-w "${path}"` : 'remove it, or work in a folder of your own',
    details: { file: path },
  });
}

/** What an organisation says is said by root, and by nobody else. One that the environment names may be the user's own. */
function refuseUnofficial(path: string): void {
  const me = process.getuid?.();
  if (me === undefined) return;
  const { uid, mode } = statSync(path);
  const isOwned = uid === 0 || (path !== systemPath && uid === me);
  if (isOwned && (mode & 0o022) === 0) return;
  throw new MegalithError('CONFIG', `"${path}" is not safe to use: others than root may have written it`, {
    hint: `give it to root: chown root "${path}" && chmod go-w "${path}"`,
    details: { file: path },
  });
}
