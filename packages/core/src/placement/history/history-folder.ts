import { randomBytes } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing } from '@megalith/agent';
import { type HistoryFile, historyText, parseHistory } from './history-file.js';

/** Of so many pieces of code a home remembers; the ones longest unused are forgotten. */
const mostFiles = 2000;
/** So often a file is read anew that another process has written meanwhile. */
const rewriteTries = 10;
/** What a process had begun when it died is removed after so long, milliseconds. */
const forgottenMs = 3600_000;

/**
 * The histories of a home, a file each. Processes share them without a lock: whoever writes looks first whether the file is still the one that was
 * read, and else begins anew; what another writes in the microseconds between that look and the renaming is lost, which costs some samples of many.
 */
export class HistoryFolder {
  readonly #folder: string;
  readonly #warn: (message: string) => void;
  readonly #limit: number;
  #isMade = false;

  constructor(home: string, warn: (message: string) => void, limit = mostFiles) {
    this.#folder = join(home, 'history');
    this.#warn = warn;
    this.#limit = limit;
  }

  /** Undefined where nothing is known, or what was known is damaged. */
  async read(codeHash: string): Promise<HistoryFile | undefined> {
    return (await this.#look(codeHash)).file;
  }

  /** Writes what `change` makes of what is there; it may be asked again. */
  async update(codeHash: string, change: (file: HistoryFile | undefined) => HistoryFile): Promise<HistoryFile> {
    await this.#make();
    for (let tries = 1; ; tries++) {
      const { file, stat } = await this.#look(codeHash);
      const changed = change(file);
      const temporary = `${this.#path(codeHash)}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
      try {
        await writeFile(temporary, historyText(changed), { mode: 0o600, flag: 'wx' });
        if (tries === rewriteTries || isSame(stat, await statOf(this.#path(codeHash)))) {
          await rename(temporary, this.#path(codeHash));
          return changed;
        }
      } finally {
        await rm(temporary, { force: true });
      }
    }
  }

  async #look(codeHash: string): Promise<{ file: HistoryFile | undefined; stat: BigIntStats | undefined }> {
    const path = this.#path(codeHash);
    // The look goes first: what is read may be newer than it, and is then read again, but never older.
    const stat = await statOf(path);
    if (stat === undefined) return { file: undefined, stat };
    const text = await unlessMissing(readFile(path, 'utf8'));
    if (text === undefined) return { file: undefined, stat };
    const file = parseHistory(text);
    if (file === undefined) this.#warn(`the history "${path}" is damaged, and begins anew`);
    return { file, stat };
  }

  async #make(): Promise<void> {
    if (this.#isMade) return;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    this.#isMade = true;
    await this.#prune(Date.now());
  }

  /** Forgets what has not been used for longest, once a process. */
  async #prune(now: number): Promise<void> {
    const names = await readdir(this.#folder);
    const dead = names.filter(name => name.endsWith('.tmp'));
    const files = names.filter(name => name.endsWith('.json'));
    const surplus = files.length - this.#limit;
    const looked = await this.#ages([...dead, ...(surplus > 0 ? files : [])]);
    const oldest = looked.filter(({ name }) => name.endsWith('.json')).sort((one, other) => one.at - other.at);
    const gone = [
      ...looked.filter(({ name, at }) => name.endsWith('.tmp') && now - at > forgottenMs),
      ...oldest.slice(0, Math.max(0, surplus)),
    ];
    for (const { name } of gone) await rm(join(this.#folder, name), { force: true });
  }

  async #ages(names: readonly string[]): Promise<{ readonly name: string; readonly at: number }[]> {
    const ages: { readonly name: string; readonly at: number }[] = [];
    for (const name of names) {
      const stat = await statOf(join(this.#folder, name));
      if (stat) ages.push({ name, at: Number(stat.mtimeMs) });
    }
    return ages;
  }

  #path(codeHash: string): string {
    return join(this.#folder, `${codeHash}.json`);
  }
}

function isSame(one: BigIntStats | undefined, other: BigIntStats | undefined): boolean {
  return one?.ino === other?.ino && one?.mtimeNs === other?.mtimeNs && one?.size === other?.size;
}

function statOf(path: string): Promise<BigIntStats | undefined> {
  return unlessMissing(lstat(path, { bigint: true }));
}
