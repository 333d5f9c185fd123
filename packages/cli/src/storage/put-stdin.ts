import { type CopyPlace, type CopyProgress, type Label, MegalithError } from '@megalith/core';
import type { LocationsHere } from './locations-here.js';

/** Makes an object of standard input. @throws MegalithError USAGE for a terminal, or a target without a name; POLICY */
export async function putStdin(
  { store, key }: Extract<CopyPlace, { key: string }>,
  label: Label | undefined,
  { config, signal }: LocationsHere,
): Promise<CopyProgress> {
  if (process.stdin.isTTY)
    throw new MegalithError('USAGE', 'standard input is a terminal', { hint: 'pipe the bytes in, or name a file' });
  if (key === '' || key.endsWith('/'))
    throw new MegalithError('USAGE', 'what comes from standard input has no name of its own', {
      hint: 'end the location with a name',
    });
  const { bytes } = await store.put(key, process.stdin, { label: label ?? config.policy.defaultLabel, signal });
  return { objects: 1, bytes, foundBytes: bytes };
}
