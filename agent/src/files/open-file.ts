import { constants, fstatSync, openSync, type Stats } from 'node:fs';
import { MegalithError } from '../errors.js';
import { modeMask, mtimeUsOf } from './entry.js';
import { shown } from './file-failure.js';

/** What a file was at one moment. */
export interface FileState {
  readonly size: number;
  readonly mode: number;
  readonly mtimeUs: number;
  /** It takes less room than its size: part of it is a hole. */
  readonly sparse: boolean;
}

// A link is not followed, and a fifo that took a file's place does not make us wait.
const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Opens a file that was listed as one. */
export function openForReading(path: Buffer): number {
  return openSync(path, readFlags);
}

/** @throws MegalithError USAGE where it is no file any more */
export function stateOf(descriptor: number, path: Buffer): FileState {
  const stats: Stats = fstatSync(descriptor);
  if (!stats.isFile()) throw new MegalithError('USAGE', `"${shown(path)}" is no file any more`);
  return {
    size: stats.size,
    mode: stats.mode & modeMask,
    mtimeUs: mtimeUsOf(stats),
    sparse: stats.blocks * 512 < stats.size,
  };
}

export function isSame(before: FileState, after: FileState): boolean {
  return before.size === after.size && before.mtimeUs === after.mtimeUs;
}

/** A file gets two tries, for one that is being written is of no use half old and half new. */
export function keepsChanging(path: Buffer): MegalithError {
  return new MegalithError('USAGE', `"${shown(path)}" changes while it is read`, {
    hint: 'wait until nothing writes to it any more, and start again',
  });
}
