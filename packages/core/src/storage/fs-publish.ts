import { constants } from 'node:fs';
import { link, mkdir, open, rename, rmdir, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type FsRecords, keyHash } from '@megalith/agent';
import { blocked, isMissing } from './fs-failure.js';
import { lookAt } from './fs-find.js';

/** So often a folder is made again for an object while someone removes it because it is empty. */
const folderTries = 10;

/**
 * Gives a whole file, whose record is written, the name of its object.
 * @returns false with `ifAbsent`, where the name is taken
 */
export async function publish(
  piece: string,
  path: string,
  key: string,
  records: FsRecords,
  ifAbsent: boolean,
): Promise<boolean> {
  const old = await lookAt(path);
  if (old?.isDirectory()) throw blocked(key);
  if (!(await giveName(piece, path, key, ifAbsent))) return false;
  await syncFolder(dirname(path));
  if (ifAbsent) await unlink(piece);
  else if (old) await records.remove(keyHash(key), old.size, old.mtimeNs);
  return true;
}

/** Removes folders that are empty, from one up to that of the store, which stays. */
export async function removeEmptyFolders(from: string, root: string): Promise<void> {
  for (let folder = from; folder !== root; folder = dirname(folder)) {
    try {
      await rmdir(folder);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOENT') return;
      throw error;
    }
  }
}

async function giveName(piece: string, path: string, key: string, ifAbsent: boolean): Promise<boolean> {
  for (let tries = 1; ; tries++) {
    try {
      if (ifAbsent) await link(piece, path);
      else await rename(piece, path);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') return false;
      if (code === 'ENOTDIR' || code === 'EISDIR') throw blocked(key, error);
      if (code !== 'ENOENT' || tries === folderTries) throw error;
    }
    await makeFolder(key, dirname(path));
  }
}

async function makeFolder(key: string, folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOTDIR') throw blocked(key, error);
    // Someone removed a folder above it while it was made: the next try makes both.
    if (code !== 'ENOENT') throw error;
  }
}

/** A file's name is part of its folder, and on the disk with that. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const opened = await open(folder, constants.O_RDONLY);
    await opened.sync().finally(() => opened.close());
  } catch (error) {
    // Its object was removed meanwhile, and so was the folder.
    if (!isMissing(error)) throw error;
  }
}
