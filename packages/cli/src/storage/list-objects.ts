import type { CopyPlace } from '@megalith/core';
import { BatchedWriter } from '../output/batched-writer.js';
import { jsonText } from '../output/json-text.js';
import { objectLine } from './storage-text.js';

export interface ListObjectsOptions {
  readonly limit: number | undefined;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** Prints what begins with a key, as it is found. @returns how many there were */
export async function listObjects(
  { store, key }: Extract<CopyPlace, { key: string }>,
  { limit = Number.POSITIVE_INFINITY, json, signal }: ListObjectsOptions,
): Promise<number> {
  const writer = new BatchedWriter(bytes => process.stdout.write(bytes));
  let found = 0;
  for await (const object of store.list(key, { signal })) {
    if (json) writer.line(jsonText(object));
    else writer.text(objectLine(object));
    found += 1;
    if (found >= limit) break;
  }
  writer.flush();
  return found;
}
