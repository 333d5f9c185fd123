import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { all, type CutObject, partsOf } from './cut-object.fixture.js';
import type { DataPart, PartFormat } from './data-part.js';
import { type OpenPart, openPart } from './open-part.js';

const folder = mkdtempSync(join(tmpdir(), 'line-batches-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const unending = new AbortController().signal;

const tokens = ['\n', '\n', '\r', '\r\n', 'a', 'b', '""', '",\n"', ',', 'é', '😀', '\ufeff'].map(text =>
  Buffer.from(text),
);
const formats: readonly PartFormat[] = [
  { type: 'lines' },
  { type: 'lines' },
  { type: 'lines', header: true },
  { type: 'ndjson' },
  { type: 'csv' },
  { type: 'records', bytes: 3 },
];

const cuttings: fc.Arbitrary<CutObject> = fc
  .record({
    object: fc.array(fc.nat(tokens.length - 1), { maxLength: 24 }),
    cuts: fc.array(fc.nat(40), { maxLength: 3 }),
    chunkSizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
    isSizeKnown: fc.boolean(),
    isReadInto: fc.boolean(),
    format: fc.constantFrom(...formats),
  })
  .map(({ object: picks, cuts, format, ...rest }) => {
    const object = Buffer.concat(picks.map(pick => tokens[pick]!));
    const borders =
      format.type === 'csv' ? [] : cuts.filter(cut => cut > 0 && cut < object.length).sort((a, b) => a - b);
    return { object, borders, format, ...rest };
  });

interface Copied {
  readonly lines: readonly Buffer[];
  readonly texts: readonly string[];
  readonly bytes: Buffer;
}

/** Copied as it comes, for the next batch writes over it. */
async function batched(part: OpenPart, object: Buffer): Promise<Copied> {
  const lines: Buffer[] = [];
  const texts: string[] = [];
  const bytes: Buffer[] = [];
  for await (const batch of part.batches()) {
    bytes.push(Buffer.from(batch.bytes));
    const isRight =
      batch.count > 0 &&
      batch.count === batch.ends.length &&
      batch.ends.at(-1) === batch.bytes.length &&
      object.compare(batch.bytes, 0, batch.bytes.length, batch.offset, batch.offset + batch.bytes.length) === 0;
    if (!isRight) expect(batch).toBe('bytes that are at its offset, and ends of all of them');
    for (let i = 0; i < batch.count; i++) {
      lines.push(Buffer.from(batch.line(i)));
      texts.push(batch.text(i));
    }
  }
  return { lines, texts, bytes: Buffer.concat(bytes) };
}

it('gives the same records as records() and lines(), whatever the format and wherever it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(cuttings, async cut => {
      for (const part of partsOf(cut)) {
        const lines = (await all(part.records()).catch(() => undefined)) as Buffer[] | undefined;
        // A quote that is not closed.
        if (lines === undefined) return;
        const given = await batched(part, cut.object);
        if (!sameBytes(given.lines, lines)) expect(given.lines).toEqual(lines);
        if (cut.format.type !== 'records') expect(given.texts).toEqual(await all(part.lines()));
        if (!given.bytes.equals(await part.bytes())) expect(given.bytes).toEqual(await part.bytes());
      }
    }),
    { numRuns: 5_000 },
  );
}, 60_000);

function sameBytes(given: readonly Buffer[], expected: readonly Buffer[]): boolean {
  return given.length === expected.length && given.every((bytes, at) => bytes.equals(expected[at]!));
}

function partsOfFile(name: string, content: Buffer | string, chunkBytes: number): DataPart[] {
  const file = join(folder, name);
  writeFileSync(file, content);
  const { size, mtimeNs } = statSync(file, { bigint: true });
  const bytes = Number(size);
  return Array.from({ length: Math.max(1, Math.ceil(bytes / chunkBytes)) }, (_, part) => ({
    megalith: 'part',
    from: { file },
    name: file,
    start: part * chunkBytes,
    end: Math.min(bytes, (part + 1) * chunkBytes),
    bytes,
    version: `${size}-${mtimeNs}`,
    part,
    format: { type: 'lines' },
  }));
}

/** Lines of 0 to 6 MB with newlines of all kinds at the borders of blocks: 12 MB. */
function hardLines(): Buffer {
  const block = 1024 * 1024;
  const pieces: string[] = [];
  let length = 0;
  const push = (text: string): void => {
    pieces.push(text);
    length += text.length;
  };
  for (const [atBorder, isLong] of [
    ['\r\n', false],
    ['\r\r', false],
    ['\n\r', true],
    ['\r\n', true],
    ['x', false],
  ] as const) {
    const border = (Math.floor(length / block) + (isLong ? 3 : 1)) * block;
    if (isLong) push('l'.repeat(border - 1 - length));
    else while (length < border - 1) push(`${'s'.repeat(Math.min(length % 90, Math.max(0, border - 3 - length)))}\n`);
    push(atBorder);
  }
  push('r'.repeat(6_000_000));
  return Buffer.from(pieces.join(''));
}

it('reads a file in parts of any size, with lines longer than blocks and newlines at their borders', async () => {
  const object = hardLines();
  const expected = object.toString().split(/\r\n|\n|\r/);
  for (const chunkBytes of [1024 * 1024, 1_500_007, 1e9]) {
    const texts: string[] = [];
    for (const part of partsOfFile('hard.txt', object, chunkBytes)) {
      texts.push(...(await batched(openPart(part, unending), object)).texts);
    }
    expect(texts.length).toBe(expected.length);
    expect(texts.findIndex((text, at) => text !== expected[at])).toBe(-1);
  }
});

it('has batches of nothing in no byte, and refuses a record that a batch does not have', async () => {
  const [empty] = partsOfFile('empty.txt', '', 10);
  expect(await all(openPart(empty!, unending).batches())).toEqual([]);
  const [one] = partsOfFile('one.txt', '\ufeffé\r', 10);
  for await (const batch of openPart(one!, unending).batches()) {
    expect(batch.text(0)).toBe('é');
    expect(() => batch.text(1)).toThrow(RangeError);
    expect(() => batch.line(-1)).toThrow(RangeError);
  }
});

it('lets two loops go side by side', async () => {
  const object = Buffer.from(Array.from({ length: 200_000 }, (_, i) => `${i}\n`).join(''));
  const [part] = partsOfFile('side.txt', object, 1e9);
  const opened = openPart(part!, unending);
  const [first, second] = await Promise.all([batched(opened, object), batched(opened, object)]);
  expect(first.texts.length).toBe(200_000);
  expect(second.bytes.equals(object)).toBe(true);
});

it('says of a file that it changed while it was read', async () => {
  const [part] = partsOfFile('changed.txt', 'line\n'.repeat(500_000), 1e9);
  const { version: _, ...unversioned } = part!;
  for (const cut of [part!, unversioned]) {
    writeFileSync(join(folder, 'again.txt'), 'line\n'.repeat(500_000));
    const reading = async (): Promise<void> => {
      for await (const _batch of openPart(cut, unending).batches()) truncateSync(join(folder, 'changed.txt'), 600_000);
    };
    await expect(reading()).rejects.toMatchObject({ code: 'DATA_CHANGED' });
  }
});

it('sees its signal though it never waits for a read, and closes its file then and when its loop is left', async () => {
  const [part] = partsOfFile('left.txt', 'line\n'.repeat(1_000_000), 1e9);
  const openFiles = async (): Promise<number> => {
    const fds = await readdir('/proc/self/fd');
    const links = await Promise.all(fds.map(fd => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
    return links.filter(link => link.endsWith('left.txt')).length;
  };
  for await (const batch of openPart(part!, unending).batches()) {
    expect(batch.count).toBeGreaterThan(1);
    break;
  }
  expect(await openFiles()).toBe(0);
  const task = new AbortController();
  const reading = async (): Promise<void> => {
    for await (const batch of openPart(part!, task.signal).batches()) {
      if (batch.offset === 0) setImmediate(() => task.abort());
      // Work, which gives the event loop no turn either.
      for (const began = performance.now(); performance.now() - began < 6; );
    }
  };
  await expect(reading()).rejects.toMatchObject({ code: 'CANCELLED' });
  await expect.poll(openFiles, { timeout: 10_000 }).toBe(0);
});
