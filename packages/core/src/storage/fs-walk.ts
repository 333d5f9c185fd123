import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ownFolder } from '@megalith/agent';
import { isMissing } from './fs-failure.js';
import { compareKeys, isKey } from './object-key.js';

/**
 * Keys of the files below a folder, in the order of keys, for those that begin with the prefix. At any time it holds the names of one folder, and of
 * each above it, at most.
 */
export async function* walkKeys(root: string, prefix: string): AsyncGenerator<string> {
  const cut = prefix.lastIndexOf('/') + 1;
  yield* walkFolder(root, prefix.slice(0, cut), prefix.slice(cut));
}

async function* walkFolder(root: string, folder: string, beginning: string): AsyncGenerator<string> {
  for (const name of await namesIn(join(root, folder))) {
    const key = `${folder}${name}`;
    if (!name.startsWith(beginning) || key === `${ownFolder}/`) continue;
    if (name.endsWith('/')) yield* walkFolder(root, key, '');
    else if (isKey(key)) yield key;
  }
}

/** Files, and folders with a slash: so a folder comes where the keys in it do. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const names = entries.flatMap(entry =>
      entry.isDirectory() ? [`${entry.name}/`] : entry.isFile() ? [entry.name] : [],
    );
    return names.sort(compareKeys);
  } catch (error) {
    // A folder that went meanwhile, or was never there, has nothing in it.
    if (isMissing(error)) return [];
    throw error;
  }
}
