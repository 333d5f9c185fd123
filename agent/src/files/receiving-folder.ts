import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  futimesSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { privateFolder } from '../journal/atomic-file.js';
import { modeMask, secondsOf } from './entry.js';
import { fileFailure } from './file-failure.js';
import type { Staging } from './staging.js';
import { pathIn } from './walk-tree.js';

/** A real folder, no link, in which entries are put. */
export interface ReceivingFolder {
  readonly path: Buffer;
  readonly staging: Staging;
  /** It was made by this transfer, so that nothing is in it but what came since. */
  readonly isNew: boolean;
  /** What it gets when all is in it. Undefined for a folder that only lies on the way. */
  readonly final: { readonly mode: number; readonly mtimeUs: number } | undefined;
}

const ownerAll = 0o700;

/**
 * Makes a folder, or takes the one that is there. A link in its place is removed: what it leads to is not touched.
 * A folder is writable for us until `finishFolder`.
 */
export function makeFolder(
  path: Buffer,
  staging: Staging,
  final: ReceivingFolder['final'],
  parentIsNew: boolean,
): ReceivingFolder {
  try {
    const there = parentIsNew ? undefined : lstatSync(path, { throwIfNoEntry: false });
    if (there?.isDirectory()) {
      if ((there.mode & ownerAll) !== ownerAll) chmodSync(path, (there.mode & 0o7777) | ownerAll);
      return { path, staging, isNew: false, final };
    }
    if (there?.isSymbolicLink()) unlinkSync(path);
    mkdirSync(path, { mode: privateFolder });
    if (final !== undefined && final.mode !== privateFolder) {
      chmodSync(path, (lstatSync(path).mode & ~modeMask) | final.mode | ownerAll);
    }
    return { path, staging, isNew: true, final };
  } catch (cause) {
    // Two names that one folder can't tell apart, as on a disk that ignores case.
    if (parentIsNew && (cause as NodeJS.ErrnoException).code === 'EEXIST')
      return makeFolder(path, staging, final, false);
    throw fileFailure(path, 'written', cause);
  }
}

/** Gives a folder the permissions and the time it had at home. */
export function finishFolder({ path, final }: ReceivingFolder): void {
  if (final === undefined) return;
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    const { mode } = fstatSync(descriptor);
    if ((mode & modeMask) !== final.mode) fchmodSync(descriptor, (mode & 0o7000) | final.mode);
    futimesSync(descriptor, secondsOf(final.mtimeUs), secondsOf(final.mtimeUs));
  } catch (cause) {
    throw fileFailure(path, 'written', cause);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Puts a link in its place, whatever it says: it is text, and nobody here goes through it. */
export function makeLink(path: Buffer, target: Buffer, staging: Staging): void {
  try {
    const there = lstatSync(path, { throwIfNoEntry: false });
    if (there?.isSymbolicLink() && readlinkSync(path, 'buffer').equals(target)) return;
    const temporary = staging.fresh();
    symlinkSync(target, temporary);
    renameSync(temporary, path);
  } catch (cause) {
    throw fileFailure(path, 'written', cause);
  }
}

/** Goes down from a folder, making what is missing; links on the way are replaced, for they could lead out. */
export function descend(base: string, steps: readonly string[], staging: Staging): ReceivingFolder {
  let folder: ReceivingFolder = { path: Buffer.from(base), staging, isNew: false, final: undefined };
  for (const step of steps) {
    folder = makeFolder(pathIn(folder.path, Buffer.from(step)), staging, undefined, folder.isNew);
  }
  return folder;
}
