import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addFileLines, type LineField } from './file-lines.js';
import { LineWriter } from './line-writer.js';
import { mergeSlices } from './merge-slices.js';
import { RunMaker } from './run-maker.js';
import { wholeRun } from './run-slices.js';
import { randomFrom } from './testing/random-records.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'megalith-lines-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pause = async (): Promise<void> => undefined;

/** Sorts a file cut at some places, each part by itself with hardly any memory. */
async function sorted(text: Buffer, cuts: readonly number[], field?: LineField): Promise<Buffer> {
  const input = join(folder, 'in');
  const output = join(folder, 'out');
  writeFileSync(input, text);
  closeSync(openSync(output, 'w'));
  const ends = [...cuts, text.length].sort((a, b) => a - b);
  const runs = [];
  for (const [part, end] of ends.entries()) {
    const maker = new RunMaker({ memoryBytes: 1500, scratch: folder, name: `part${part}` });
    await addFileLines({ file: input, start: ends[part - 1] ?? 0, end }, maker, pause, field);
    runs.push(...maker.finish());
  }
  const merged = mergeSlices(runs.map(wholeRun), {
    memoryBytes: 400,
    leastBufferBytes: 100,
    scratch: folder,
    name: 'm',
  });
  const writer = new LineWriter(output, 0, Buffer.alloc(50));
  for (let at = merged.next(); at !== undefined; at = merged.next()) writer.write(at);
  writer.flush();
  writer.close();
  const result = readFileSync(output);
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
  return result;
}

function linesOf(text: Buffer): Buffer[] {
  const lines = text.toString('latin1').split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map(line => Buffer.from(line, 'latin1'));
}

function joined(lines: readonly Buffer[]): string {
  return lines.map(line => `${line.toString('latin1')}\n`).join('');
}

describe('lines of a file', () => {
  it('are each in the part in which they begin, and come out in order: 400 random files, cut anywhere', async () => {
    for (let seed = 1; seed <= 400; seed++) {
      const random = randomFrom(seed);
      const every = [2, 20, 400][random(3)]!;
      const text = Buffer.from(Array.from({ length: random(1500) }, () => (random(every) === 0 ? 10 : 97 + random(4))));
      const cuts = Array.from({ length: random(5) }, () => random(text.length + 1));
      const found = await sorted(text, cuts);
      expect(found.toString('latin1'), `seed ${seed}`).toBe(joined(linesOf(text).sort(Buffer.compare)));
    }
  });

  it('can be sorted by one of their fields, and stay in order where those are equal', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = randomFrom(seed);
      const text = Buffer.from(Array.from({ length: random(1000) }, () => [10, 44, 97, 98][random(4)]!));
      const field = { field: 1 + random(3), delimiter: 44 };
      const keyOf = (line: Buffer) => Buffer.from(line.toString('latin1').split(',')[field.field - 1] ?? '', 'latin1');
      const expected = linesOf(text).toSorted((a, b) => keyOf(a).compare(keyOf(b)));
      expect((await sorted(text, [random(text.length + 1)], field)).toString('latin1'), `seed ${seed}`).toBe(
        joined(expected),
      );
    }
  });

  it('may be longer than memory, or none', async () => {
    const long = Buffer.concat([Buffer.alloc(5000, 'b'), Buffer.from('\na\n'), Buffer.alloc(9000, 'a')]);
    expect((await sorted(long, [4000, 5001])).equals(Buffer.from(joined(linesOf(long).sort(Buffer.compare))))).toBe(
      true,
    );
    expect((await sorted(Buffer.alloc(0), [])).length).toBe(0);
  });
});
