import { resolve } from 'node:path';
import { isLower, type Label } from '@megalith/agent';
import { folderOfUrl } from '../storage/folder-of-url.js';
import type { HostEntry } from './host-entry.js';
import type { StoreEntry, StoreSection } from './store-section.js';

// The clearance of a site says whom to trust with data: an inner file may not raise what an outer one gives the same place.

/** What a site has of which nothing is said. */
const unsaid: Label = 'internal';

interface CloudSection {
  readonly region: string;
  readonly endpoint?: string | undefined;
  readonly clearance?: Label | undefined;
}

/**
 * One section of several files, key by key: the innermost that has a key decides it, but for the clearance, which is the lowest.
 * @param sections the outermost first
 */
export function mergeCloud<T extends CloudSection>(sections: readonly T[]): T | undefined {
  const [outermost, ...inner] = sections;
  if (outermost === undefined || inner.length === 0) return outermost;
  let merged = outermost;
  let clearance = outermost.clearance ?? unsaid;
  for (const section of inner) {
    const next = { ...merged, ...section };
    // Another place is trusted for its own sake.
    const isMoved = next.region !== merged.region || next.endpoint !== merged.endpoint;
    clearance = lower(clearance, section.clearance ?? (isMoved ? unsaid : clearance));
    merged = next;
  }
  return { ...merged, clearance };
}

/** The host, with no higher clearance than others give its address. @param outer what outer files say of hosts */
export function hostWithin(host: HostEntry, outer: readonly HostEntry[]): HostEntry {
  const placeOf = ({ address }: HostEntry): string => address.toLowerCase().replace(/\.$/, '');
  return within(host, outer, (one, other) => placeOf(one) === placeOf(other));
}

/** The store, with no higher clearance than others give the same URL, or one that it lies in. */
export function storeWithin(store: StoreSection, outer: readonly StoreSection[]): StoreEntry {
  return { clearance: unsaid, ...within(store, outer, (one, other) => folderOf(one).startsWith(folderOf(other))) };
}

/** One spelling for each place, with a slash at its end. */
function folderOf({ url }: StoreSection): string {
  const path = folderOfUrl(url);
  return `${path.startsWith('/') ? resolve(path) : path.replace(/\/+$/, '')}/`.replace(/^\/+/, '/');
}

function within<T extends { readonly clearance?: Label | undefined }>(
  site: T,
  outer: readonly T[],
  isIn: (site: T, other: T) => boolean,
): T {
  const given = outer.filter(other => isIn(site, other)).map(other => other.clearance ?? unsaid);
  const most = lowestLabel(given);
  return most !== undefined && isLower(most, site.clearance ?? unsaid) ? { ...site, clearance: most } : site;
}

export function lowestLabel(found: readonly Label[]): Label | undefined {
  return found.reduce<Label | undefined>((one, other) => (one === undefined ? other : lower(one, other)), undefined);
}

function lower(one: Label, other: Label): Label {
  return isLower(other, one) ? other : one;
}
