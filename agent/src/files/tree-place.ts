import { mkdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MegalithError } from '../errors.js';
import type { Entry } from './entry.js';
import { fileFailure } from './file-failure.js';
import { descend, makeFolder, type ReceivingFolder } from './receiving-folder.js';
import { Staging } from './staging.js';
import { pathIn } from './walk-tree.js';

/** Where the top of a tree goes. */
export type TreePlace = StepsPlace | OwnPlace;

/** Steps from a folder, which is a real path. Links on the way are not followed: someone else may have laid them. */
interface StepsPlace {
  readonly within: string;
  readonly steps: readonly string[];
}

/**
 * A path of the user's own, who may reach it by any links. A file that is fetched to a folder, or to a path with `/` at
 * its end, goes into it under `name`.
 */
interface OwnPlace {
  readonly at: string;
  readonly name: string;
}

/** The folder in which the top of a tree stands, and its name there; undefined name: it is that folder. */
export interface TopSpot {
  readonly folder: ReceivingFolder;
  readonly name: Buffer | undefined;
}

/** One staging folder for each folder that trees go to. */
export class Stagings {
  readonly #byBase = new Map<string, Staging>();

  in(base: string): Staging {
    const staging = this.#byBase.get(base) ?? new Staging(base);
    this.#byBase.set(base, staging);
    return staging;
  }

  remove(): void {
    for (const staging of this.#byBase.values()) staging.remove();
  }
}

/** Makes the way to the top of a tree. @throws MegalithError USAGE, DISK_FULL */
export function topSpot(place: TreePlace, kind: Entry['kind'], stagings: Stagings): TopSpot {
  const known = 'at' in place ? ownSpot(place, kind, stagings) : stepsSpot(place, stagings);
  if (known.name !== undefined || kind === 'folder') return known;
  throw new MegalithError('USAGE', 'a file has no name in the folder that it is sent to', {
    hint: 'name a destination after a colon: "PATH:NAME"',
  });
}

/** A top folder that is there already keeps its own permissions. */
export function topFolder({ folder, name }: TopSpot, final: ReceivingFolder['final']): ReceivingFolder {
  if (name === undefined) return folder;
  const made = makeFolder(pathIn(folder.path, name), folder.staging, final, folder.isNew);
  return made.isNew ? made : { ...made, final: undefined };
}

function stepsSpot({ within, steps }: StepsPlace, stagings: Stagings): TopSpot {
  const last = steps.at(-1);
  const folder = descend(within, steps.slice(0, -1), stagings.in(within));
  return { folder, name: last === undefined ? undefined : Buffer.from(last) };
}

function ownSpot({ at, name }: OwnPlace, kind: Entry['kind'], stagings: Stagings): TopSpot {
  try {
    const isFolder = statSync(at, { throwIfNoEntry: false })?.isDirectory() ?? false;
    if (isFolder || (at.endsWith('/') && kind !== 'folder')) {
      return { folder: ownFolder(at, stagings), name: kind === 'folder' ? undefined : Buffer.from(name) };
    }
    const path = join(at, '.');
    return { folder: ownFolder(dirname(path), stagings), name: Buffer.from(path.slice(path.lastIndexOf('/') + 1)) };
  } catch (cause) {
    throw fileFailure(at, 'written', cause);
  }
}

function ownFolder(path: string, stagings: Stagings): ReceivingFolder {
  mkdirSync(path, { recursive: true });
  const real = realpathSync(path);
  return { path: Buffer.from(real), staging: stagings.in(real), isNew: false, final: undefined };
}
