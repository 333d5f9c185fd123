import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { privateFolder } from '../journal/atomic-file.js';
import { identityOf, isAlive } from '../process/process-identity.js';

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
    const self = identityOf(process.pid);
    const owner = `${process.pid}-${self?.startTicks ?? 0}-${hostMark()}`;
    this.#folder = join(base, `${partsPrefix}${owner}-${randomBytes(4).toString('hex')}`);
    removeDead(base);
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

function removeDead(base: string): void {
  for (const name of readdirSync(base)) {
    if (name.startsWith(partsPrefix) && isDead(base, name)) rmSync(join(base, name), { recursive: true, force: true });
  }
}

function isDead(base: string, name: string): boolean {
  const [pid, startTicks, host] = name.slice(partsPrefix.length).split('-');
  if (host !== hostMark()) {
    const found = lstatSync(join(base, name), { throwIfNoEntry: false });
    return found !== undefined && Date.now() - found.mtimeMs > foreignMaxAgeMs;
  }
  const ticks = Number(startTicks);
  return !isAlive({ pid: Number(pid), startTicks: ticks === 0 ? undefined : ticks });
}

/** The host's name without what separates the parts of a folder's name. */
function hostMark(): string {
  return hostname()
    .replace(/[^A-Za-z0-9.]/g, '_')
    .slice(0, 60);
}
