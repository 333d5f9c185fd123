import { mkdir, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isMegalithError, MegalithError } from '../errors.js';
import type { Label } from '../protocol/label.js';
import { FsPiece, makePiecesFolder, sweepPieces } from './fs-pieces.js';
import { FsRecords } from './fs-records.js';

/** So often a folder is made again while someone removes it because it is empty. */
const folderTries = 10;

/** By folder: what others left when they died is looked for once in a process. */
const swept = new Map<string, Promise<void>>();

export interface PutObject {
  readonly etag: string;
  readonly bytes: number;
}

/**
 * Puts an object into the folder of a store, as the store itself would: whole and with its label, or not at all.
 * @param key that no other object has or ever had
 * @throws MegalithError DISK_FULL, STORE_FAILED
 */
export async function putInFolder(
  folder: string,
  key: string,
  chunks: AsyncIterable<Uint8Array>,
  label: Label,
): Promise<PutObject> {
  const records = new FsRecords(folder);
  const piece = FsPiece.at(folder, key, records);
  try {
    await makePiecesFolder(folder);
    await sweepOnce(folder, records);
    const etag = await piece.write(chunks);
    const { size } = await piece.record({ etag, label });
    await giveName(piece.path, join(folder, key));
    return { etag, bytes: Number(size) };
  } catch (error) {
    await piece.discard();
    throw failure(key, error);
  }
}

function sweepOnce(folder: string, records: FsRecords): Promise<void> {
  let sweeping = swept.get(folder);
  if (sweeping === undefined) {
    sweeping = sweepPieces(folder, records, Date.now());
    swept.set(folder, sweeping);
    sweeping.catch(() => swept.delete(folder));
  }
  return sweeping;
}

async function giveName(piece: string, path: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    try {
      await rename(piece, path);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || tries === folderTries) throw error;
    }
  }
  // A file's name is on the disk with its folder.
  const folder = await open(dirname(path));
  await folder.sync().finally(() => folder.close());
}

function failure(key: string, error: unknown): unknown {
  const { code, message, syscall } = error as NodeJS.ErrnoException;
  // What a stream of the task threw is its own.
  if (isMegalithError(error) || syscall === undefined) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new MegalithError('DISK_FULL', `there is no room on the disk for "${key}"`, {
      hint: 'remove what old jobs have left (megalith storage clean), or name a store with more room',
      cause: error,
    });
  }
  return new MegalithError('STORE_FAILED', `"${key}" can't be put: ${message}`, {
    hint: 'see that the disk of the store is well, and that tasks may write there',
    cause: error,
  });
}
