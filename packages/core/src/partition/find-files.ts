import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isLower, MegalithError, unlessMissing } from '@megalith/agent';
import { glob } from '../files/glob.js';
import { isGlob } from '../files/glob-pattern.js';
import { nearMatches } from '../jobs/near-matches.js';
import { pathLabels } from '../labels/path-labels.js';
import { fileVersion } from './file-version.js';
import type { FoundEntry, FoundObject } from './found-object.js';
import { lookAhead } from './look-ahead.js';

/** The labels of so few files are looked at one by one; of more, that of all below the folder that they have in common. */
const labelledOneByOne = 64;

/**
 * Files of this machine: one, all below a folder (hidden ones left out), or those that a glob matches.
 * @param home where labels of files are kept
 * @throws MegalithError NOT_FOUND where there is none
 */
export async function findFiles(path: string, home: string): Promise<FoundEntry> {
  const found = await unlessMissing(stat(path));
  if (found === undefined && !isGlob(path)) throw await noSuchFile(path);
  const paths = found === undefined ? glob(path) : found.isDirectory() ? filesBelow(path) : [path];
  const { first, isWhole, all } = await lookAhead(each(paths), labelledOneByOne + 1);
  if (first.length === 0) throw nothingMatches(path);
  const asked = isWhole ? first : [found === undefined ? folderOf(path) : path];
  const labels = await pathLabels(asked, home);
  const highest = labels.reduce((one, other) => (isLower(one.label, other.label) ? other : one));
  return {
    objects: foundFiles(all),
    label: { label: highest.label, from: highest.rule },
    areFiles: true,
  };
}

async function* each(paths: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string> {
  yield* paths;
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile() || (await stat(path)).isFile()) yield path;
  }
}

async function* foundFiles(paths: AsyncIterable<string>): AsyncGenerator<FoundObject> {
  for await (const path of paths) {
    const file = resolve(path);
    const stats = await stat(file, { bigint: true });
    const bytes = Number(stats.size);
    yield { name: path, bytes, version: fileVersion(stats), label: undefined, source: async () => ({ file }) };
  }
}

/** The folder in which all that a glob matches lies. */
function folderOf(pattern: string): string {
  const fixed = /^[^*?[{]*/.exec(pattern)![0];
  return fixed.slice(0, fixed.lastIndexOf('/') + 1) || '.';
}

async function noSuchFile(path: string): Promise<MegalithError> {
  const folder = resolve(path, '..');
  const names = (await unlessMissing(readdir(folder))) ?? [];
  const [near] = nearMatches(path.slice(path.lastIndexOf('/') + 1), names);
  return new MegalithError('NOT_FOUND', `there is no file or folder "${path}"`, {
    hint: near === undefined ? 'check the path' : `there is "${join(folder, near)}"`,
  });
}

function nothingMatches(path: string): MegalithError {
  return new MegalithError('NOT_FOUND', `no file matches "${path}"`, {
    hint: '"*" stays inside a name, "**" stands for any depth of folders',
  });
}
