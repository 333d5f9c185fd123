import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ownedName, removeLeft } from '@megalith/agent';
import { removedAtEnd } from './removed-at-end.js';

/** Begins the name of each folder and file that a shuffle leaves where it can't be hidden. */
const prefix = '.megalith-shuffle-';
/** What a process of another host made is taken for left behind after this time: its processes can't be seen. */
const foreignMaxAgeMs = 7 * 24 * 60 * 60 * 1000;

/** A folder for what stands between two halves of a shuffle. Its name tells who made it: if that is killed, the next shuffle removes it. */
export class ScratchFolder {
  readonly path: string;
  readonly #keep: Disposable;

  /** @param base where it is made; what dead processes left there goes */
  constructor(base: string) {
    mkdirSync(base, { recursive: true, mode: 0o700 });
    this.path = ownedPath(base, '');
    mkdirSync(this.path, { mode: 0o700 });
    this.#keep = removedAtEnd(this.path);
  }

  /** Idempotent. */
  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true, maxRetries: 3 });
    this.#keep[Symbol.dispose]();
  }
}

/** A path in a folder that nothing has yet, and that only this process uses. What dead processes left there goes. */
export function ownedPath(base: string, ending: string): string {
  removeLeft(base, prefix, foreignMaxAgeMs);
  return join(base, `${ownedName(prefix)}${ending}`);
}
