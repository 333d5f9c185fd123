import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { type Entry, type EntryPlace, modeMask, mtimeUsOf } from './entry.js';
import { fileFailure, shown } from './file-failure.js';
import { partsPrefix } from './staging.js';

/** Says what of a folder stays at home. One object a folder, for rules may stand in each. */
export interface FolderFilter {
  skips(name: Buffer, isFolder: boolean): boolean;
  /** The filter of a folder inside this one; `path` is where it is on this machine. */
  enter(name: Buffer, path: Buffer): FolderFilter;
}

/** A tree to send: where it is, or why it can't be. */
export type TreeSource = { readonly path: Buffer; readonly filter?: FolderFilter } | { readonly missing: string };

/** An entry with the path that it has on this machine. */
export interface WalkedEntry {
  readonly entry: Entry;
  readonly path: Buffer;
}

interface OpenFolder {
  readonly index: number;
  readonly path: Buffer;
  readonly names: Buffer[];
  readonly filter: FolderFilter | undefined;
  at: number;
}

const separator = Buffer.from('/');
const prefix = Buffer.from(partsPrefix);

export function pathIn(folder: Buffer, name: Buffer): Buffer {
  return Buffer.concat([folder, separator, name]);
}

/**
 * Lists trees from the top, each folder before what is in it. Links are listed, never followed. Names are bytes.
 * Memory: the names of the folders that are open at a time. What can't travel is listed as a problem.
 */
export function* walkTrees(trees: readonly TreeSource[]): Generator<WalkedEntry> {
  let index = 0;
  for (const [tree, source] of trees.entries()) {
    const top: EntryPlace = { tree };
    if ('missing' in source) {
      const problem = { code: 'NOT_FOUND', message: `"${source.missing}" is not there` } as const;
      yield { entry: { place: top, kind: 'problem', problem }, path: Buffer.from(source.missing) };
      index++;
      continue;
    }
    const open: OpenFolder[] = [];
    const visit = (place: EntryPlace, path: Buffer, within: FolderFilter | undefined): Entry | undefined => {
      const entry = look(place, path);
      if (entry === undefined) return undefined;
      if (within !== undefined && 'name' in place && within.skips(place.name, entry.kind === 'folder'))
        return undefined;
      if (entry.kind === 'folder') {
        const filter = 'name' in place ? within?.enter(place.name, path) : source.filter;
        open.push({ index, path, names: namesIn(path), filter, at: 0 });
      }
      index++;
      return entry;
    };
    const first = visit(top, source.path, undefined);
    if (first !== undefined) yield { entry: first, path: source.path };
    for (let folder = open.at(-1); folder !== undefined; folder = open.at(-1)) {
      const name = folder.names[folder.at++];
      if (name === undefined) {
        open.pop();
        continue;
      }
      if (name.subarray(0, prefix.length).equals(prefix)) continue;
      const path = pathIn(folder.path, name);
      const entry = visit({ folder: folder.index, name }, path, folder.filter);
      if (entry !== undefined) yield { entry, path };
    }
  }
}

function look(place: EntryPlace, path: Buffer): Entry | undefined {
  try {
    const stats = lstatSync(path);
    const mode = stats.mode & modeMask;
    const mtimeUs = mtimeUsOf(stats);
    if (stats.isFile()) return { place, kind: 'file', mode, mtimeUs, size: stats.size };
    if (stats.isDirectory()) return { place, kind: 'folder', mode, mtimeUs };
    if (stats.isSymbolicLink()) return { place, kind: 'link', target: readlinkSync(path, 'buffer') };
    const what = stats.isFIFO() ? 'fifo' : stats.isSocket() ? 'socket' : 'device';
    const message = `"${shown(path)}" is a ${what}: only files, folders and links can be sent`;
    return { place, kind: 'problem', problem: { code: 'USAGE', message } };
  } catch (cause) {
    // What went between the listing of its folder and now was not there.
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fileFailure(path, 'read', cause);
  }
}

function namesIn(path: Buffer): Buffer[] {
  try {
    return readdirSync(path, 'buffer');
  } catch (cause) {
    throw fileFailure(path, 'read', cause);
  }
}
