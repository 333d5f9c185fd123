import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import {
  FsPiece,
  type FsRecord,
  FsRecords,
  keyHash,
  makePiecesFolder,
  type PutGrant,
  sweepPieces,
} from '@megalith/agent';
import { bodyChunks } from './body-chunks.js';
import { requireRange, within } from './byte-range.js';
import { fsFailure } from './fs-failure.js';
import { findObject, lookAt, openObject, storedObject } from './fs-find.js';
import { publish, removeEmptyFolders } from './fs-publish.js';
import { walkKeys } from './fs-walk.js';
import { inTime } from './in-time.js';
import { alreadyThere, notFound } from './key-errors.js';
import { requireKey, requirePrefix } from './object-key.js';
import { chunksOf, type ReadLimits, readOnce } from './read-once.js';
import type { PutOptions, ReadOptions, Storage, StoredBytes, StoredObject } from './storage.js';

/** Of one step of a call: a disk that takes longer is a network's that is gone. */
const deadlineMs = 60_000;
/** Fewer and larger reads: each costs a turn of the event loop, and a timer. */
const readBytes = 2 ** 20;
/** Listings look at so many files at once. */
const lookAhead = 32;

interface Signalled {
  readonly signal?: AbortSignal | undefined;
}

/**
 * A store in a folder: the object `a/b` is the file `a/b`. Files that something else puts there are objects without a label; links are none.
 * Its etags are SHA-256. An object and another below it, as `a` and `a/b`, exclude each other; where the file system does not tell `a` from `A`,
 * neither does the store.
 */
export class FsStore implements Storage {
  readonly url: string;
  readonly #root: string;
  readonly #records: FsRecords;
  #swept: Promise<void> | undefined;

  /** @param folder made with the first object */
  constructor(folder: string) {
    this.#root = resolve(folder);
    this.url = pathToFileURL(this.#root).href;
    this.#records = new FsRecords(this.#root);
  }

  async put(
    key: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    { label, ifAbsent = false, signal }: PutOptions = {},
  ): Promise<StoredObject> {
    requireKey(key);
    const what = `to put "${key}"`;
    const path = join(this.#root, key);
    await this.#step(what, { signal }, async () => {
      await this.#makeReady();
      if (ifAbsent && (await lookAt(path)) !== undefined) throw alreadyThere(key, this.url);
    });
    const piece = FsPiece.at(this.#root, key, this.#records);
    try {
      const etag = await piece.write(bodyChunks(body, what, signal));
      return await this.#step(what, { signal }, async () => {
        const record: FsRecord = { etag, ...(label === undefined ? {} : { label }) };
        const file = await piece.record(record);
        if (!(await publish(piece.path, path, key, this.#records, ifAbsent))) throw alreadyThere(key, this.url);
        return storedObject(key, file, record);
      });
    } catch (error) {
      await piece.discard();
      throw fsFailure(what, error);
    }
  }

  async get(key: string, { range, signal }: ReadOptions = {}): Promise<StoredBytes> {
    requireKey(key);
    if (range) requireRange(range);
    const what = `to read "${key}"`;
    const find = (ending: AbortSignal) => openObject(this.#root, this.#records, key, ending);
    const opened = await this.#step(what, { signal }, find);
    if (opened === undefined) throw notFound(key, this.url);
    const { file, object } = opened;
    const { start, length } = within(range, object.bytes);
    if (length === 0) await file.close();
    const source =
      length === 0
        ? Readable.from([])
        : createReadStream('', { fd: file, start, end: start + length - 1, highWaterMark: readBytes });
    return readOnce(object, source, () => read(source, length, { what, stallMs: deadlineMs, signal }), signal);
  }

  async head(key: string, { signal }: Signalled = {}): Promise<StoredObject | undefined> {
    requireKey(key);
    return this.#step(`to look for "${key}"`, { signal }, () => findObject(this.#root, this.#records, key));
  }

  async *list(prefix = '', { signal }: Signalled = {}): AsyncGenerator<StoredObject> {
    requirePrefix(prefix);
    const keys = walkKeys(this.#root, prefix);
    for (let isLast = false; !isLast; ) {
      const objects = await this.#step(`to list ${this.url}`, { signal }, async () => {
        const some: string[] = [];
        while (some.length < lookAhead && !isLast) {
          const next = await keys.next();
          if (next.done) isLast = true;
          else some.push(next.value);
        }
        return Promise.all(some.map(key => findObject(this.#root, this.#records, key)));
      });
      // What went meanwhile is not there.
      for (const object of objects) if (object !== undefined) yield object;
    }
  }

  async delete(keys: readonly string[], { signal }: Signalled = {}): Promise<void> {
    for (const key of keys) requireKey(key);
    for (const key of keys) await this.#step(`to remove "${key}"`, { signal }, () => this.#remove(key));
  }

  /** The folder itself: only for tasks of this machine. */
  async grant(prefix: string): Promise<PutGrant> {
    requirePrefix(prefix);
    return { type: 'folder', folder: this.#root };
  }

  close(): void {
    // Nothing is kept open between calls.
  }

  async #step<T>(what: string, { signal }: Signalled, work: (ending: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await inTime({ what, deadlineMs, signal }, work);
    } catch (error) {
      throw fsFailure(what, error);
    }
  }

  async #makeReady(): Promise<void> {
    await makePiecesFolder(this.#root);
    this.#swept ??= sweepPieces(this.#root, this.#records, Date.now()).catch((error: unknown) => {
      this.#swept = undefined;
      throw error;
    });
    await this.#swept;
  }

  async #remove(key: string): Promise<void> {
    const path = join(this.#root, key);
    const file = await lookAt(path);
    if (!file?.isFile()) return;
    await rm(path, { force: true });
    await this.#records.remove(keyHash(key), file.size, file.mtimeNs);
    await removeEmptyFolders(dirname(path), this.#root);
  }
}

async function* read(source: Readable, length: number, limits: ReadLimits): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for await (const chunk of chunksOf(source, limits)) {
      bytes += chunk.length;
      yield chunk;
    }
  } catch (error) {
    throw fsFailure(limits.what, error);
  }
  if (bytes < length) throw fsFailure(limits.what, new Error('it became shorter while it was read'));
}
