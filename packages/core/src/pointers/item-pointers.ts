import { type CloudObject, nameOf, pointersIn, withPointers } from '@megalith/agent';
import type { CarriedLabel } from '../labels/labelled.js';
import type { StoresHere } from './stores-here.js';

/** So long a task may read what it is given a URL for: as parts that `data()` gives. */
const readableMs = 12 * 3600_000;

/** What is known of the pointers in items before the first is read. */
export interface FoundPointers {
  /** One for each label, and for each store of which objects have none. */
  readonly samples: readonly CloudObject[];
  /** Of one in a folder of this machine. */
  readonly onlyHere: string | undefined;
  /** Nothing was overlooked: all items are there, and none is a promise. */
  readonly isAll: boolean;
}

/** Looks at items that are there. What is lazy, or a promise, is looked at when it comes. */
export function findPointers(items: unknown): FoundPointers {
  const samples = new Map<string, CloudObject>();
  let file: CloudObject | undefined;
  const isThere = Array.isArray(items) || items instanceof Set || items instanceof Map;
  if (!isThere) return { samples: [], onlyHere: undefined, isAll: false };
  let isAll = Array.isArray(items);
  for (const item of items as Iterable<unknown>) {
    if (typeof item !== 'object' || item === null) continue;
    if ('then' in item) isAll = false;
    for (const pointer of pointersIn(item)) {
      samples.set(pointer.label ?? pointer.store, pointer);
      if (pointer.store.startsWith('file:')) file ??= pointer;
    }
  }
  const onlyHere = file && `its items point to "${nameOf(file)}", which is a file of this machine`;
  return { samples: [...samples.values()], onlyHere, isAll };
}

/** How sensitive the objects are that pointers lead to. */
export function labelsOfPointers(pointers: readonly CloudObject[], stores: StoresHere): Promise<CarriedLabel[]> {
  return Promise.all(
    pointers.map(async pointer => ({
      label: pointer.label ?? (await stores.clearanceOf(pointer.store)),
      from: `"${nameOf(pointer)}"`,
    })),
  );
}

/** The item as its task gets it: each pointer with a URL to read it by, where its store gives such. */
export async function withReadUrls(
  item: unknown,
  pointers: readonly CloudObject[],
  stores: StoresHere,
): Promise<unknown> {
  const urls = new Map<string, string>();
  for (const pointer of pointers) {
    if (pointer.store.startsWith('file:') || urls.has(nameOf(pointer))) continue;
    const { presign } = await stores.open(pointer.store);
    if (presign !== undefined) urls.set(nameOf(pointer), await presign(pointer.key, 'GET', readableMs));
  }
  if (urls.size === 0) return item;
  return withPointers(item, pointer => {
    const { readUrl: _, ...plain } = pointer;
    const readUrl = urls.get(nameOf(pointer));
    return readUrl === undefined ? plain : { ...plain, readUrl };
  });
}
