import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { higherLabel, type Label, MegalithError, type PartSource } from '@megalith/agent';
import { nearMatches } from '../jobs/near-matches.js';
import { folderOfUrl } from '../storage/folder-of-url.js';
import { labelOfStored, type OpenStore } from '../storage/open-store.js';
import type { StoredObject } from '../storage/storage.js';
import { fileVersion } from './file-version.js';
import type { FoundEntry, FoundObject } from './found-object.js';
import { type KeyPattern, keyPattern } from './key-pattern.js';
import { lookAhead } from './look-ahead.js';

export interface StoredOptions {
  /** So long a task may read what it is given a URL for. */
  readonly readableMs: number;
  readonly signal: AbortSignal;
}

/** The labels of so few objects are looked at one by one; of more it is taken that the store holds what it is cleared for. */
const labelledOneByOne = 64;
/** Names that are looked at for one that may have been meant. */
const hintsFrom = 200;

/**
 * Objects of a store. @param key a key, the beginning of keys, or a glob
 * @throws MegalithError NOT_FOUND where nothing matches; NOT_CONFIGURED for a store that tasks can't read; what the store throws
 */
export async function findStored(store: OpenStore, key: string, options: StoredOptions): Promise<FoundEntry> {
  const { signal } = options;
  if (store.presign === undefined && !isFolder(store)) {
    throw new MegalithError('NOT_CONFIGURED', `tasks can't read objects of store "${store.name}" by themselves`, {
      hint: 'it can give no URLs: copy them to a store that can, as S3 and Azure, or to files: megalith storage cp',
    });
  }
  const pattern = keyPattern(key);
  const { first, isWhole, all } = await lookAhead(matching(store, pattern, signal), labelledOneByOne + 1);
  if (first.length === 0) throw await nothingMatches(store, key, pattern, signal);
  const label = isWhole ? await highestOf(first, store, signal) : store.clearance;
  return {
    objects: foundIn(all, store, options),
    label: { label, from: `store "${store.name}"` },
    areFiles: isFolder(store),
  };
}

async function* matching(store: OpenStore, pattern: KeyPattern, signal: AbortSignal): AsyncGenerator<StoredObject> {
  if (pattern.isLiteral) {
    const object = await store.head(pattern.prefix, { signal });
    if (object !== undefined) yield object;
    return;
  }
  for await (const object of store.list(pattern.prefix, { signal })) if (pattern.matches(object.key)) yield object;
}

async function highestOf(objects: readonly StoredObject[], store: OpenStore, signal: AbortSignal): Promise<Label> {
  const labels = await Promise.all(
    objects.map(async object => {
      // Not every listing has labels.
      const known = object.label === undefined ? ((await store.head(object.key, { signal })) ?? object) : object;
      return labelOfStored(known, store);
    }),
  );
  return labels.reduce((one, other) => higherLabel(one, other));
}

async function* foundIn(
  objects: AsyncIterable<StoredObject>,
  store: OpenStore,
  options: StoredOptions,
): AsyncGenerator<FoundObject> {
  for await (const object of objects) yield await foundObject(object, store, options);
}

/** One object that is known already. */
export async function foundObject(
  { key, bytes, etag, label }: StoredObject,
  store: OpenStore,
  { readableMs }: StoredOptions,
): Promise<FoundObject> {
  const name = `${store.url}/${key}`;
  const known = { name, bytes, ...(label === undefined ? { label: store.clearance } : { label }) };
  if (!isFolder(store)) {
    const source = async (): Promise<PartSource> => ({ url: await store.presign!(key, 'GET', readableMs) });
    return { ...known, version: etag, source };
  }
  const file = join(folderOfUrl(store.url), key);
  const version = fileVersion(await lstat(file, { bigint: true }));
  return { ...known, version, source: async () => ({ file }) };
}

function isFolder({ url }: OpenStore): boolean {
  return url.startsWith('file:');
}

async function nothingMatches(
  store: OpenStore,
  key: string,
  { prefix }: KeyPattern,
  signal: AbortSignal,
): Promise<MegalithError> {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  const { first } = await lookAhead(store.list(folder, { signal }), hintsFrom);
  const [near = first[0]?.key] = nearMatches(
    key,
    first.map(object => object.key),
  );
  return new MegalithError('NOT_FOUND', `no object of ${store.url} matches "${key}"`, {
    hint: near === undefined ? `nothing is there that begins with "${folder}"` : `there is "${near}"`,
    details: { store: store.url, key },
  });
}
