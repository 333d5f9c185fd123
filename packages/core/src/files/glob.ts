import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expandBraces, isGlob, namePattern } from './glob-pattern.js';

/**
 * The files that match, folder by folder, each folder sorted. `*` and `?` stay inside a name, `**` stands for any depth
 * of folders, `[a-z]` and `[!a-z]` for one character, `{a,b}` for alternatives. Names that begin with a dot must be
 * asked for with one. Links to folders are not followed below `**`.
 */
export async function* glob(pattern: string, cwd: string = process.cwd()): AsyncGenerator<string> {
  const seen = new Set<string>();
  for (const alternative of expandBraces(pattern)) {
    const absolute = alternative.startsWith('/');
    const segments = alternative.split('/').filter(segment => segment !== '' && segment !== '.');
    for await (const path of matches(segments, absolute ? '/' : '', cwd)) {
      if (seen.has(path)) continue;
      seen.add(path);
      yield path;
    }
  }
}

async function* matches(segments: readonly string[], base: string, cwd: string): AsyncGenerator<string> {
  const [segment, ...rest] = segments;
  if (segment === undefined) return;
  if (segment === '**') {
    yield* matches(rest.length === 0 ? ['*'] : rest, base, cwd);
    for (const entry of await folder(base, cwd)) {
      if (entry.isDirectory() && !entry.name.startsWith('.')) yield* matches(segments, below(base, entry.name), cwd);
    }
    return;
  }
  if (!isGlob(segment)) {
    const path = below(base, segment);
    const kind = await kindOf(path, cwd);
    if (rest.length === 0 ? kind === 'file' : kind === 'folder')
      yield* rest.length === 0 ? [path] : matches(rest, path, cwd);
    return;
  }
  const wanted = namePattern(segment);
  for (const entry of await folder(base, cwd)) {
    if (!wanted.test(entry.name) || (entry.name.startsWith('.') && !segment.startsWith('.'))) continue;
    const path = below(base, entry.name);
    const kind = entry.isDirectory() ? 'folder' : entry.isSymbolicLink() ? await kindOf(path, cwd) : 'file';
    if (rest.length === 0 && kind === 'file') yield path;
    if (rest.length > 0 && kind === 'folder') yield* matches(rest, path, cwd);
  }
}

function below(base: string, name: string): string {
  return base === '' || base === '/' ? `${base}${name}` : `${base}/${name}`;
}

async function folder(base: string, cwd: string) {
  const path = base.startsWith('/') ? base : join(cwd, base);
  try {
    return (await readdir(path, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    // What cannot be entered has no matches, as in a shell.
    if (isFileError(error, ['ENOENT', 'ENOTDIR', 'EACCES'])) return [];
    throw error;
  }
}

async function kindOf(path: string, cwd: string): Promise<'file' | 'folder' | 'missing'> {
  try {
    const found = await stat(path.startsWith('/') ? path : join(cwd, path));
    return found.isDirectory() ? 'folder' : 'file';
  } catch (error) {
    if (isFileError(error, ['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP'])) return 'missing';
    throw error;
  }
}

function isFileError(error: unknown, codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
