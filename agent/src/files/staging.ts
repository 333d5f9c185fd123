import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { privateFolder } from '../journal/atomic-file.js';
import { ownedName, removeLeft } from './owned-name.js';

/** Begins the name of each folder that holds unfinished files. Such a name never travels. */
export const partsPrefix = '.megalith-parts-';
/** A folder of another host, whose processes we can't see, is taken for dead after this time. */
const foreignMaxAgeMs = 24 * 60 * 60 * 1000;

/**
 * Where files stand until they are whole: a folder beside them, on the same disk, so that a rename puts each in its
 * place. Its name tells who made it; those whose maker was killed are removed by the next transfer.
 */
export class Staging {
  readonly #folder: string;
  #made = false;
  #next = 0;

  constructor(base: string) {
    this.#folder = join(base, ownedName(partsPrefix));
    removeLeft(base, partsPrefix, foreignMaxAgeMs);
  }

  /** A path that nothing has yet. */
  fresh(): string {
    if (!this.#made) mkdirSync(this.#folder, { mode: privateFolder });
    this.#made = true;
    return `${this.#folder}/${this.#next++}`;
  }

  /** Removes the folder with whatever is still in it. */
  remove(): void {
    if (this.#made) rmSync(this.#folder, { recursive: true, force: true });
    this.#made = false;
  }
}
