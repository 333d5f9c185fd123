import { once } from 'node:events';
import { type CopyPlace, labelOfStored, requireClearance } from '@megalith/core';
import type { LocationsHere } from './locations-here.js';

/** Writes an object to standard output. @throws MegalithError NOT_FOUND, POLICY where it is more sensitive than this machine is cleared for */
export async function printObject(
  { store, key }: Extract<CopyPlace, { key: string }>,
  { config, signal }: LocationsHere,
): Promise<void> {
  const bytes = await store.get(key, { signal });
  const label = labelOfStored(bytes.object, store);
  requireClearance(label, { name: 'this machine', clearance: config.policy.hereClearance }, key);
  for await (const chunk of bytes) if (!process.stdout.write(chunk)) await once(process.stdout, 'drain', { signal });
}
