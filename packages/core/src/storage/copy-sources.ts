import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Label, MegalithError } from '@megalith/agent';
import { pathLabels } from '../labels/path-labels.js';
import { notFound } from './key-errors.js';
import type { CopyPlace } from './open-location.js';
import { labelOfStored } from './open-store.js';
import { readParallel } from './read-parallel.js';

/** One object or file that is to be copied. */
export interface CopySource {
  /** For people. */
  readonly name: string;
  /** Below what is copied, with `/`: what it is called at the target, where that is a folder. */
  readonly relative: string;
  readonly bytes: number;
  readonly label: Label;
  open(signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}

export interface SourceOptions {
  /** All below it. */
  readonly recursive: boolean;
  /** Where labels of files are kept; see `megalithHome`. */
  readonly home: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What a place holds, one by one.
 * @throws MegalithError NOT_FOUND where there is nothing; USAGE for a folder or a prefix without `recursive`
 */
export async function* copySources(place: CopyPlace, options: SourceOptions): AsyncGenerator<CopySource> {
  let isEmpty = true;
  for await (const source of 'path' in place ? filesAt(place.path, options) : objectsAt(place, options)) {
    isEmpty = false;
    yield source;
  }
  if (isEmpty) throw nothingAt('path' in place ? place.path : `${place.store.url}/${place.key}`);
}

async function* objectsAt(
  { store, key }: Extract<CopyPlace, { key: string }>,
  { recursive, signal }: SourceOptions,
): AsyncGenerator<CopySource> {
  const isPrefix = key === '' || key.endsWith('/');
  if (!recursive) {
    if (isPrefix) throw notRecursive(`${store.url}/${key}`);
    const object = await store.head(key, signalled(signal));
    if (object === undefined) throw notFound(key, store.url);
    yield {
      name: `${store.url}/${key}`,
      relative: basename(key),
      bytes: object.bytes,
      label: labelOfStored(object, store),
      open: until => readParallel(store, key, object.bytes, { signal: until }),
    };
    return;
  }
  const prefix = isPrefix ? key : `${key}/`;
  for await (const listed of store.list(prefix, signalled(signal))) {
    // Not all listings have labels.
    const object = listed.label === undefined ? ((await store.head(listed.key, signalled(signal))) ?? listed) : listed;
    yield {
      name: `${store.url}/${object.key}`,
      relative: object.key.slice(prefix.length),
      bytes: object.bytes,
      label: labelOfStored(object, store),
      open: until => readParallel(store, object.key, object.bytes, { signal: until }),
    };
  }
}

async function* filesAt(path: string, { recursive, home }: SourceOptions): AsyncGenerator<CopySource> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') throw nothingAt(path);
    throw new MegalithError('USAGE', `cannot read "${path}": ${cause.message}`, { cause });
  });
  if (!found.isDirectory()) {
    yield await fileSource(path, basename(path), found.size, home);
    return;
  }
  if (!recursive) throw notRecursive(path);
  yield* filesBelow(path, '', home);
}

async function* filesBelow(root: string, below: string, home: string): AsyncGenerator<CopySource> {
  const entries = await readdir(join(root, below), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const relative = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) yield* filesBelow(root, relative, home);
    else if (entry.isFile()) {
      const path = join(root, relative);
      yield await fileSource(path, relative, (await stat(path)).size, home);
    }
  }
}

async function fileSource(path: string, relative: string, bytes: number, home: string): Promise<CopySource> {
  const [labelled] = await pathLabels([path], home);
  return {
    name: path,
    relative,
    bytes,
    label: labelled!.label,
    open: async () => fileBytes(path),
  };
}

/** Opened when it is read, and closed with its reader. */
async function* fileBytes(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path, { highWaterMark: 2 ** 20 });
}

function signalled(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

function nothingAt(what: string): MegalithError {
  return new MegalithError('NOT_FOUND', `there is nothing at "${what}"`, { hint: 'check the path or the key' });
}

function notRecursive(what: string): MegalithError {
  return new MegalithError('USAGE', `"${what}" is a folder or the beginning of keys`, {
    hint: 'add --recursive to take all below it',
  });
}
