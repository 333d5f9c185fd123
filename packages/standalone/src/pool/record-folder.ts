import { randomBytes } from 'node:crypto';
import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { MegalithError, parsedJson, unlessMissing } from '@megalith/agent';
import type * as z from 'zod';
import { whileLocked } from '../inventory/config-lock.js';
import { makeFolderDurably, removeDurably, writeDurably } from './durable-file.js';

/** A file that holds no record. It stays where it is named, for people to look at. */
export interface DamagedFile {
  readonly path: string;
  readonly problem: string;
}

export interface Records<T> {
  readonly records: readonly T[];
  readonly damaged: readonly DamagedFile[];
}

interface Unreadable {
  readonly problem: string;
  readonly isLater: boolean;
}

const plainName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const asideName = /\.json\.damaged-[0-9a-f]{8}$/;

/**
 * A folder of small records, one file each, for the owner only. A record is on disk, or the old one is, whatever dies when; several processes
 * may use the folder at a time.
 */
export class RecordFolder<T extends { readonly id: string }> {
  readonly #folder: string;
  readonly #schema: z.ZodType<T>;

  constructor(folder: string, schema: z.ZodType<T>) {
    this.#folder = folder;
    this.#schema = schema;
  }

  /**
   * Writes what `change` makes of the record that is there, while nobody else changes it; undefined removes it.
   * @throws MegalithError JOURNAL_FAILED, DISK_FULL; CANCELLED
   */
  async change(
    id: string,
    change: (old: T | undefined) => T | undefined,
    signal?: AbortSignal,
  ): Promise<T | undefined> {
    const path = this.#path(id);
    return await this.#onDisk(path, async () => {
      await makeFolderDurably(this.#folder);
      return await whileLocked(path, signal, async () => {
        const found = await this.#read(path);
        if (found !== undefined && !('record' in found)) await setAside(path, found);
        const old = found !== undefined && 'record' in found ? found.record : undefined;
        const changed = change(old);
        if (changed !== undefined) await writeDurably(path, `${JSON.stringify(changed, undefined, 2)}\n`);
        else if (old !== undefined) await removeDurably(path);
        return changed;
      });
    });
  }

  /** Undefined where there is none, or none that can be read: `all` tells. */
  async find(id: string): Promise<T | undefined> {
    const path = this.#path(id);
    const found = await this.#onDisk(path, () => this.#read(path));
    return found !== undefined && 'record' in found ? found.record : undefined;
  }

  /** Every record, by id, and every file that is none: those are named again each time, until somebody removes them. */
  async all(): Promise<Records<T>> {
    return await this.#onDisk(this.#folder, async () => {
      const records: T[] = [];
      const damaged: DamagedFile[] = [];
      for (const name of (await namesIn(this.#folder)).sort()) {
        const path = join(this.#folder, name);
        if (asideName.test(name)) damaged.push({ path, problem: 'it was set aside because it holds no record' });
        if (!name.endsWith('.json')) continue;
        const found = await this.#read(path);
        if (found === undefined) continue;
        if ('record' in found) records.push(found.record);
        else if (found.isLater) damaged.push({ path, problem: found.problem });
        else damaged.push(...(await this.#putAside(path)));
      }
      return { records, damaged };
    });
  }

  #path(id: string): string {
    if (!plainName.test(id)) {
      throw new MegalithError('USAGE', `"${id}" is not the id of a record`, {
        hint: 'use letters, digits, ".", "_" and "-" (at most 128), starting with a letter or digit',
      });
    }
    return join(this.#folder, `${id}.json`);
  }

  /** While nobody writes it: by now it may be whole, or set aside by another. */
  async #putAside(path: string): Promise<DamagedFile[]> {
    return await whileLocked(path, undefined, async () => {
      const found = await this.#read(path);
      return found === undefined || 'record' in found ? [] : [await setAside(path, found)];
    });
  }

  /** Undefined where there is no file. */
  async #read(path: string): Promise<{ readonly record: T } | Unreadable | undefined> {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
    const value = parsedJson(text);
    const result = this.#schema.safeParse(value);
    if (!result.success) {
      if (isLater(value)) return { problem: 'a later version of Megalith wrote it', isLater: true };
      const why = value === undefined ? 'it is no JSON' : (result.error.issues[0]?.message ?? 'unreadable');
      return { problem: `it holds no record: ${why}`, isLater: false };
    }
    if (this.#path(result.data.id) === path) return { record: result.data };
    return { problem: `it holds the record of "${result.data.id}"`, isLater: false };
  }

  async #onDisk<R>(path: string, run: () => Promise<R>): Promise<R> {
    try {
      return await run();
    } catch (error) {
      const code = codeOf(error);
      if (code === undefined || (error as NodeJS.ErrnoException).syscall === undefined) throw error;
      const isFull = code === 'ENOSPC' || code === 'EDQUOT';
      throw new MegalithError(
        isFull ? 'DISK_FULL' : 'JOURNAL_FAILED',
        `"${path}" can't be read or written: ${(error as Error).message}`,
        { hint: 'check the permissions of the folder, and that the disk has room', details: { path }, cause: error },
      );
    }
  }
}

/** @throws MegalithError JOURNAL_FAILED for one of a later version, which is not ours to move */
async function setAside(path: string, { problem, isLater }: Unreadable): Promise<DamagedFile> {
  if (isLater) {
    throw new MegalithError('JOURNAL_FAILED', `"${path}" can't be changed: ${problem}`, {
      hint: 'use that version of Megalith',
      details: { path },
    });
  }
  const aside = `${path}.damaged-${randomBytes(4).toString('hex')}`;
  await rename(path, aside);
  return { path: aside, problem };
}

async function namesIn(folder: string): Promise<string[]> {
  return (await unlessMissing(readdir(folder))) ?? [];
}

function isLater(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'formatVersion' in value &&
    typeof value.formatVersion === 'number' &&
    value.formatVersion > 1
  );
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
