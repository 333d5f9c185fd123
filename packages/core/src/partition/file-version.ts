import type { BigIntStats } from 'node:fs';

/** Tells one content of a file from another: see `DataPart.version`. */
export function fileVersion({ size, mtimeNs }: Pick<BigIntStats, 'size' | 'mtimeNs'>): string {
  return `${size}-${mtimeNs}`;
}
