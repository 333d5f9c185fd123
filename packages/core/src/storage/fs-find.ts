import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { type FsRecord, type FsRecords, strangerEtag } from '@megalith/agent';
import { isMissing } from './fs-failure.js';
import type { StoredObject } from './storage.js';

export interface OpenObject {
  readonly file: FileHandle;
  readonly object: StoredObject;
}

/** What there is under a key, with the record that belongs to these very bytes. */
export async function findObject(root: string, records: FsRecords, key: string): Promise<StoredObject | undefined> {
  const path = join(root, key);
  for (let file = await lookAt(path); file?.isFile(); ) {
    const record = await records.read(key, file);
    const now = record === undefined ? await lookAt(path) : file;
    // Without a record it may have been replaced between the two looks.
    if (now !== undefined && isSame(now, file)) return storedObject(key, file, record);
    file = now;
  }
  return undefined;
}

/** As `findObject`, for reading: it stays what it is, whatever happens to the key. */
export async function openObject(
  root: string,
  records: FsRecords,
  key: string,
  ending: AbortSignal,
): Promise<OpenObject | undefined> {
  const path = join(root, key);
  for (;;) {
    const file = await openFile(path);
    if (file === undefined) return undefined;
    let opened: OpenObject | undefined;
    try {
      const found = await file.stat({ bigint: true });
      if (!found.isFile()) return undefined;
      const record = await records.read(key, found);
      const now = record === undefined ? await lookAt(path) : found;
      ending.throwIfAborted();
      if (now === undefined) return undefined;
      if (isSame(now, found)) opened = { file, object: storedObject(key, found, record) };
      if (opened) return opened;
    } finally {
      if (opened === undefined) await file.close();
    }
  }
}

export function storedObject(key: string, file: BigIntStats, record: FsRecord | undefined): StoredObject {
  return {
    key,
    bytes: Number(file.size),
    modifiedAt: Number(file.mtimeNs / 1_000_000n),
    etag: strangerEtag(file),
    ...record,
  };
}

/** Links are looked at themselves. */
export async function lookAt(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function openFile(path: string): Promise<FileHandle | undefined> {
  try {
    // Not blocking: a pipe would wait for its writer.
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (isMissing(error) || code === 'ELOOP' || code === 'ENXIO') return undefined;
    throw error;
  }
}

function isSame(one: BigIntStats, other: BigIntStats): boolean {
  return one.ino === other.ino && one.size === other.size && one.mtimeNs === other.mtimeNs;
}
