import { MegalithError } from '@megalith/agent';
import { withoutUser } from './redis-place.js';

/** What stands before a key: the store by its name in the config, or by its URL. */
type StoreOf = { readonly name: string } | { readonly url: string };

/** An object of a store, or the beginning of keys. */
export interface Location {
  readonly of: StoreOf;
  /** Empty: the whole store. */
  readonly key: string;
}

/** Stores of the config, by name. */
type Stores = Readonly<Record<string, { readonly url: string }>>;

/**
 * Reads `NAME:KEY`, where the config has a store of that name, or a URL: of the store of the config that it lies in (the innermost), or of a bucket or
 * container that the config does not have. Undefined for anything else, which is a path of this machine, as `file:` is.
 * @throws MegalithError USAGE for a URL that names no store
 */
export function parseLocation(text: string, stores: Stores): Location | undefined {
  const [, name, key = ''] = /^([A-Za-z0-9][\w.-]*):(?!\/\/)(.*)$/s.exec(text) ?? [];
  if (name !== undefined && Object.hasOwn(stores, name)) return { of: { name }, key };
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return undefined;
  const inside = Object.entries(stores)
    .filter(([, { url }]) => text === url || text.startsWith(withSlash(url)))
    .sort(([, one], [, other]) => other.url.length - one.url.length)[0];
  if (inside !== undefined) {
    const [name, { url }] = inside;
    return { of: { name }, key: text.slice(withSlash(url).length) };
  }
  if (/^file:/i.test(text)) return undefined;
  const [, url, rest = ''] = outside.map(pattern => pattern.exec(text)).find(found => found !== null) ?? [];
  if (url !== undefined) return { of: { url }, key: rest };
  throw new MegalithError('USAGE', `"${withoutUser(text)}" lies in no store of the config`, {
    hint: 'add its store to the section "stores" of megalith.yaml',
  });
}

/** How a store that nobody configured is told from the key of its object. */
const outside = [/^(s3:\/\/[^/]+)(?:\/(.*))?$/is, /^(azure:\/\/[^/]+\/[^/]+)(?:\/(.*))?$/is];

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}
