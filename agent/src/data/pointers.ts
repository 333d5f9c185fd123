import type { CloudObject } from './cloud-object.js';

/** A pointer is found as an item itself, as an element or a property of it, or of one of those. */
const depth = 2;

export function isPointer(value: unknown): value is CloudObject {
  if (typeof value !== 'object' || value === null) return false;
  const { megalith, store, key, etag } = value as Partial<CloudObject>;
  return megalith === 'object' && typeof store === 'string' && typeof key === 'string' && typeof etag === 'string';
}

/**
 * The pointers in a value: itself, or in plain arrays and objects two levels down. Nothing is called but what reads a property; a value of which one
 * can't be read has none, for it goes nowhere.
 */
export function pointersIn(value: unknown): readonly CloudObject[] {
  try {
    return search(value, depth);
  } catch {
    // Whoever writes it meets this too, and tells the one task whose value it is.
    return none;
  }
}

/** @param below how many levels */
function search(value: unknown, below: number): readonly CloudObject[] {
  if (typeof value !== 'object' || value === null) return none;
  const { megalith } = value as { readonly megalith?: unknown };
  if (megalith !== undefined) return isPointer(value) ? [value] : none;
  if (below === 0 || !isPlain(value)) return none;
  let found: CloudObject[] | undefined;
  for (const inside of Array.isArray(value) ? (value as readonly unknown[]) : Object.values(value)) {
    if (typeof inside !== 'object' || inside === null) continue;
    const more = search(inside, below - 1);
    if (more.length > 0) found = found === undefined ? [...more] : found.concat(more);
  }
  return found ?? none;
}

/** A copy of a value with other pointers in it; the value itself where it has none. */
export function withPointers(value: unknown, change: (pointer: CloudObject) => CloudObject, below = depth): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('megalith' in value && value.megalith !== undefined) return isPointer(value) ? change(value) : value;
  if (below === 0 || !isPlain(value)) return value;
  const copy = (inside: unknown): unknown => withPointers(inside, change, below - 1);
  if (Array.isArray(value)) return value.map(copy);
  return Object.fromEntries(Object.entries(value).map(([key, inside]) => [key, copy(inside)]));
}

const none: readonly CloudObject[] = [];

function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype = Object.getPrototypeOf(value) as unknown;
  return prototype === Object.prototype || prototype === null;
}
