import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { unlessMissing } from '../files/unless-missing.js';
import { fieldsOf, parsedJson } from '../protocol/foreign-json.js';
import { isLabel, type Label } from '../protocol/label.js';

/** Where a store in a folder keeps what belongs to its objects. No key lies there, in any store. */
export const ownFolder = '.megalith';

/** What is known of an object beside its bytes. */
export interface FsRecord {
  readonly etag: string;
  readonly label?: Label;
}

/**
 * Records of objects, beside them in the folder of the store. A record is bound to one key, length and time of writing, and is there before its
 * object is; so an object is never seen with the label of another, and a file that was not put by a store has none. It survives copies of the
 * whole folder that keep times.
 */
export class FsRecords {
  readonly #folder: string;

  constructor(root: string) {
    this.#folder = join(root, ownFolder, 'about');
  }

  /**
   * Writes the record of a file that is to become an object.
   * @returns false where that length and time are taken, by an object of this key or what is left of one
   */
  async add(key: string, file: BigIntStats, record: FsRecord): Promise<boolean> {
    const path = this.pathOf(keyHash(key), file.size, file.mtimeNs);
    const text = JSON.stringify({ key, ...record });
    try {
      await writeDurably(path, text);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') return false;
      if (code !== 'ENOENT') throw error;
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      return this.add(key, file, record);
    }
    return true;
  }

  /** Undefined of a file that no store has put. A record that can't be read as one has the highest label. */
  async read(key: string, file: BigIntStats): Promise<FsRecord | undefined> {
    const text = await unlessMissing(readFile(this.pathOf(keyHash(key), file.size, file.mtimeNs), 'utf8'));
    if (text === undefined) return undefined;
    return parsed(text) ?? { etag: strangerEtag(file), label: 'restricted' };
  }

  async remove(hash: string, size: bigint, mtimeNs: bigint): Promise<void> {
    await rm(this.pathOf(hash, size, mtimeNs), { force: true });
  }

  pathOf(hash: string, size: bigint, mtimeNs: bigint): string {
    return join(this.#folder, hash.slice(0, 2), `${hash}.${size}.${mtimeNs}`);
  }
}

export function keyHash(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 40);
}

/** For a file that no store has put: any write changes one of these. */
export function strangerEtag({ ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [ino, size, mtimeNs, ctimeNs].map(figure => figure.toString(36)).join('-');
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

function parsed(text: string): FsRecord | undefined {
  const { etag, label } = fieldsOf(parsedJson(text));
  if (typeof etag !== 'string') return undefined;
  if (label === undefined) return { etag };
  return isLabel(label) ? { etag, label } : undefined;
}
