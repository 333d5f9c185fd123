import { type EvenCut, evenBorders } from './even-borders.js';
import type { GroupOfRows } from './row-groups.js';

/** Rows that one part has, and about which bytes they are in. */
export interface CutRows {
  readonly rows: readonly [from: number, to: number];
  readonly start: number;
  readonly end: number;
}

/**
 * Joins row groups that follow each other: as many as `chunkBytes` has room for, and one at least; or so that there are `chunks` parts, or as many as there
 * are groups. The parts have all rows and tile the object, which without rows is one part.
 * @param bytes of the whole object
 */
export function cutGroups(groups: readonly GroupOfRows[], bytes: number, { chunkBytes, chunks }: EvenCut): CutRows[] {
  const filled = groups.filter(({ rows }) => rows > 0);
  const firsts = chunkBytes === undefined ? evenBorders(filled.length, { chunks }) : fullParts(filled, chunkBytes);
  const parts: CutRows[] = [];
  let row = 0;
  let start = 0;
  for (const [i, first] of firsts.entries()) {
    const next = firsts[i + 1] ?? filled.length;
    const to = filled.slice(first, next).reduce((sum, { rows }) => sum + rows, row);
    // Whoever wrote it may have put a group before the ones it follows.
    const end = Math.max(start, Math.min(filled[next]?.at ?? bytes, bytes));
    parts.push({ rows: [row, to], start, end });
    row = to;
    start = end;
  }
  return parts;
}

/** The number of the first group of each part. */
function fullParts(groups: readonly GroupOfRows[], chunkBytes: number): number[] {
  const firsts = [0];
  let inPart = 0;
  for (const [i, { bytes }] of groups.entries()) {
    if (inPart > 0 && inPart + bytes > chunkBytes) {
      firsts.push(i);
      inPart = 0;
    }
    inPart += bytes;
  }
  return firsts;
}
