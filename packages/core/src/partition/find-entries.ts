import { type CloudObject, isLower, type Label, MegalithError } from '@megalith/agent';
import type { OpenLocations } from '../storage/open-location.js';
import type { DataEntry, DataSource } from './data-source.js';
import { findFiles } from './find-files.js';
import { findStored, foundObject, type StoredOptions } from './find-stored.js';
import { findUrl } from './find-url.js';
import type { FoundEntry, FoundObject } from './found-object.js';

export interface FindOptions extends StoredOptions {
  readonly locations: OpenLocations;
  readonly home: string;
}

/** So many entries of a list are looked at at once. */
const entriesAtOnce = 16;

/**
 * What a source leads to: of a list each entry, in its order.
 * @throws MegalithError NOT_FOUND, USAGE, STORE_FAILED, NOT_CONFIGURED
 */
export async function findEntries(source: DataSource, options: FindOptions): Promise<FoundEntry> {
  if (typeof source === 'string' || source instanceof URL || isPointer(source)) return await findOne(source, options);
  const entries = [...source];
  if (entries.length === 0) throw new MegalithError('NOT_FOUND', 'an empty list of data has no parts');
  const found: FoundEntry[] = [];
  for (let at = 0; at < entries.length; at += entriesAtOnce) {
    found.push(...(await Promise.all(entries.slice(at, at + entriesAtOnce).map(entry => findOne(entry, options)))));
  }
  const labels = found.flatMap(({ label }) => label ?? []);
  return {
    objects: oneByOne(found),
    label:
      labels.length === 0 ? undefined : labels.reduce((one, other) => (isLower(one.label, other.label) ? other : one)),
    areFiles: found.some(({ areFiles }) => areFiles),
  };
}

async function findOne(entry: DataEntry, options: FindOptions): Promise<FoundEntry> {
  if (isPointer(entry)) return await findPointer(entry, options);
  const text = String(entry);
  if (/^https?:\/\//i.test(text)) {
    if (!URL.canParse(text))
      throw new MegalithError('USAGE', 'a URL of the data is none', { hint: 'check the address' });
    return await findUrl(new URL(text), options.signal);
  }
  const place = await options.locations.open(text);
  if ('path' in place) return await findFiles(place.path, options.home);
  return await findStored(place.store, place.key, options);
}

async function findPointer(
  { store: url, key, etag, bytes, label }: CloudObject,
  options: FindOptions,
): Promise<FoundEntry> {
  const place = await options.locations.open(`${url}/${key}`);
  if ('path' in place) return await findFiles(place.path, options.home);
  const object = await foundObject(
    { key: place.key, bytes, etag, modifiedAt: 0, ...(label === undefined ? {} : { label }) },
    place.store,
    options,
  );
  const highest: Label = label ?? place.store.clearance;
  return { objects: one(object), label: { label: highest, from: `store "${place.store.name}"` }, areFiles: false };
}

function isPointer(entry: unknown): entry is CloudObject {
  return typeof entry === 'object' && entry !== null && 'megalith' in entry && entry.megalith === 'object';
}

async function* one(object: FoundObject): AsyncGenerator<FoundObject> {
  yield object;
}

async function* oneByOne(entries: readonly FoundEntry[]): AsyncGenerator<FoundObject> {
  for (const { objects } of entries) yield* objects;
}
