import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutGroups } from './cut-groups.js';

const groups = fc.array(fc.record({ rows: fc.nat(3), bytes: fc.nat(20) }), { maxLength: 8 }).map(sizes => {
  let at = 4;
  return sizes.map(({ rows, bytes }) => {
    at += bytes;
    return { rows, bytes, at: at - bytes };
  });
});
const cuts = fc.oneof(
  fc.record({ chunkBytes: fc.integer({ min: 1, max: 50 }) }),
  fc.record({ chunks: fc.integer({ min: 1, max: 9 }) }),
);

test('every row and every byte is in just one part, and parts are as large as they may be', () => {
  fc.assert(
    fc.property(groups, cuts, (made, cut) => {
      const bytes = 12 + made.reduce((sum, group) => sum + group.bytes, 0);
      const filled = made.filter(({ rows }) => rows > 0);
      const parts = cutGroups(made, bytes, cut);
      expect(parts.map(({ rows }) => rows[0])).toEqual([0, ...parts.map(({ rows }) => rows[1])].slice(0, -1));
      expect(parts.at(-1)!.rows[1]).toBe(filled.reduce((sum, { rows }) => sum + rows, 0));
      expect(parts.map(({ start }) => start)).toEqual([0, ...parts.map(({ end }) => end)].slice(0, -1));
      expect(parts.at(-1)!.end).toBe(bytes);
      if (filled.length > 0) for (const { rows } of parts) expect(rows[1]).toBeGreaterThan(rows[0]);
      if ('chunks' in cut) expect(parts).toHaveLength(Math.max(1, Math.min(cut.chunks, filled.length)));
      else expect(parts.length).toBeLessThanOrEqual(Math.max(1, filled.length));
    }),
    { numRuns: 5000 },
  );
});

test('a part takes row groups as long as it has room for them', () => {
  const made = [10, 10, 10, 50, 10, 10].map((bytes, i) => ({ rows: 1, bytes, at: 4 + i }));
  const rows = (chunkBytes: number) => cutGroups(made, 200, { chunkBytes }).map(part => part.rows);
  expect(rows(20)).toEqual([
    [0, 2],
    [2, 3],
    [3, 4],
    [4, 6],
  ]);
  expect(rows(1)).toHaveLength(6);
  expect(rows(1000)).toEqual([[0, 6]]);
});

test('groups that are not in their order in the file are cut all the same', () => {
  const made = [90, 4, 50].map(at => ({ rows: 2, bytes: 10, at }));
  expect(cutGroups(made, 120, { chunks: 3 })).toEqual([
    { rows: [0, 2], start: 0, end: 4 },
    { rows: [2, 4], start: 4, end: 50 },
    { rows: [4, 6], start: 50, end: 120 },
  ]);
});
