import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mergeSlices } from './merge-slices.js';
import { recordGroups } from './record-groups.js';
import type { RunSlice } from './run-cursor.js';
import { RunMaker } from './run-maker.js';
import { commonKeyBytes, placeInRun } from './run-slices.js';
import { randomFrom, randomKey, randomRecords, type TestRecord } from './testing/random-records.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'megalith-sort-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function empty(): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
}

function merged(slices: readonly RunSlice[], name: string, common: number): TestRecord[] {
  const merge = mergeSlices(slices, { memoryBytes: 400, leastBufferBytes: 100, scratch: folder, name, common });
  const records: TestRecord[] = [];
  for (let at = merge.next(); at !== undefined; at = merge.next()) {
    const value =
      at.valueMark === 0 ? undefined : Buffer.from(at.bytes.subarray(at.valueStart, at.valueStart + at.valueMark - 1));
    records.push({ key: Buffer.from(at.bytes.subarray(at.keyStart, at.keyEnd)), value });
  }
  return records;
}

function isSame(a: TestRecord, b: TestRecord | undefined): boolean {
  if (b === undefined || !a.key.equals(b.key)) return false;
  return a.value === undefined || b.value === undefined ? a.value === b.value : a.value.equals(b.value);
}

describe('an external sort', () => {
  it('with hardly any memory gives what a sort in memory gives, cut at any key: 500 random inputs', () => {
    let deep = 0;
    for (let seed = 1; seed <= 500; seed++) {
      const random = randomFrom(seed);
      const sampleBytes = 1 + random(200);
      const maker = new RunMaker({ memoryBytes: 1100, scratch: folder, name: 'run', sampleBytes });
      const records = randomRecords(random, 120);
      for (const { key, value } of records) maker.add(key, value);
      const runs = maker.finish();
      const bound = randomKey(random);
      const places = runs.map(run => placeInRun(run, bound));
      const common = commonKeyBytes(runs);
      const below = merged(
        runs.map(({ path }, i) => ({ path, from: 0, to: places[i]!.offset })),
        'below',
        common,
      );
      if (readdirSync(folder).some(name => name.startsWith('below'))) deep++;
      const above = merged(
        runs.map(({ path, dataBytes }, i) => ({ path, from: places[i]!.offset, to: dataBytes })),
        'above',
        common,
      );
      const expected = records.toSorted((a, b) => a.key.compare(b.key));
      const found = [...below, ...above];
      if (found.length !== expected.length || !found.every((record, i) => isSame(record, expected[i]))) {
        expect(found, `seed ${seed}`).toEqual(expected);
      }
      expect(
        below.every(({ key }) => key.compare(bound) < 0) && above.every(({ key }) => key.compare(bound) >= 0),
      ).toBe(true);
      const linesBelow = below.reduce((sum, { key, value }) => sum + (value ?? key).length + 1, 0);
      expect(places.reduce((sum, { lineBytes }) => sum + lineBytes, 0)).toBe(linesBelow);
      empty();
    }
    expect(deep).toBeGreaterThan(80);
  });

  it('groups what has the same key in all its bytes, in the order in which it came, whatever of it is read: 200 random inputs', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = randomFrom(seed);
      const maker = new RunMaker({ memoryBytes: 1100, scratch: folder, name: 'run' });
      const keys = Array.from({ length: 1 + random(8) }, () => randomKey(random));
      const expected = new Map<string, string[]>();
      for (let i = random(120); i > 0; i--) {
        const key = keys[random(keys.length)]!;
        maker.add(key, Buffer.from(`${i}`));
        const name = key.toString('latin1');
        expected.set(name, [...(expected.get(name) ?? []), `${i}`]);
      }
      const slices = maker.finish().map(({ path, dataBytes }) => ({ path, from: 0, to: dataBytes }));
      const merge = mergeSlices(slices, { memoryBytes: 500, leastBufferBytes: 100, scratch: folder, name: 'merge' });
      const seen: string[] = [];
      for (const { key, values } of recordGroups(merge)) {
        const name = key.toString('latin1');
        seen.push(name);
        const wanted = random(4) === 0 ? random(4) : Number.POSITIVE_INFINITY;
        const read: string[] = [];
        if (wanted > 0) {
          for (const value of values) {
            read.push(value.toString());
            if (read.length === wanted) break;
          }
        }
        expect(read).toEqual(expected.get(name)!.slice(0, wanted));
      }
      expect(seen.sort()).toEqual([...expected.keys()].sort());
      empty();
    }
  });
});
