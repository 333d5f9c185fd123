import type { MergedRuns } from './merged-runs.js';
import type { RunCursor } from './run-cursor.js';

/** All records of one key. */
export interface RecordGroup {
  readonly key: Buffer;
  /**
   * Each one's value, in order, read as it is asked for: none is kept. What it gives is good until the next one is asked for, and nothing comes of it
   * once the next group was.
   */
  readonly values: IterableIterator<Buffer>;
}

/** Groups of equal keys, compared in all their bytes. Values that nobody asked for are passed over. */
export function* recordGroups(merged: MergedRuns): Generator<RecordGroup, void, undefined> {
  let current = merged.next();
  while (current !== undefined) {
    const key = Buffer.from(current.bytes.subarray(current.keyStart, current.keyEnd));
    const values = valuesOf(current, key, merged, next => {
      current = next;
    });
    yield { key, values };
    for (const _ of values);
  }
}

/** @param leave told the first record of another key, or undefined at the end */
function valuesOf(
  first: RunCursor,
  key: Buffer,
  merged: MergedRuns,
  leave: (next: RunCursor | undefined) => void,
): IterableIterator<Buffer> {
  let next: RunCursor | undefined = first;
  let isFirst = true;
  // By hand: leaving a loop over a generator would end it, and what is left of the group could not be passed over.
  return {
    [Symbol.iterator]() {
      return this;
    },
    next() {
      if (!isFirst && next !== undefined) {
        const candidate: RunCursor | undefined = merged.next();
        next = candidate !== undefined && hasKey(candidate, key) ? candidate : undefined;
        if (next === undefined) leave(candidate);
      }
      isFirst = false;
      return next === undefined ? { done: true, value: undefined } : { done: false, value: valueIn(next) };
    },
  };
}

function valueIn({ bytes, valueStart, valueMark }: RunCursor): Buffer {
  return bytes.subarray(valueStart, valueStart + Math.max(0, valueMark - 1));
}

function hasKey(cursor: RunCursor, key: Buffer): boolean {
  if (cursor.keyEnd - cursor.keyStart !== key.length) return false;
  return cursor.bytes.compare(key, 0, key.length, cursor.keyStart, cursor.keyEnd) === 0;
}
