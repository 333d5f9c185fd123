import fc from 'fast-check';
import { expect, it } from 'vitest';
import { all, asText, type CutObject, type NaiveRecord, naiveRecords, partsOf } from './cut-object.fixture.js';

const bom = '\ufeff';
const anyLine = /(?<bare>[^\r\n]*)(?:\r\n|\n|\r|$)/g;
const lfLine = /(?<bare>[^\n]*?)\r?(?:\n|$)/g;
const closed = String.raw`(?:"(?:[^"]|"")*"(?!")[^,\r\n]*|(?!")[^,\r\n]*)`;
const open = '"(?:[^"]|"")*$';
const csvRecord = new RegExp(
  String.raw`(?<bare>(?:${closed},)*(?:${closed}(?=[\r\n]|$)|(?<open>${open})))(?:\r\n|\n|\r|$)`,
  'g',
);

/** Percent of the 100,000 cases that this file has. */
const runs = (percent: number): number => percent * 1000;

/** Much of what is hard: newlines of all kinds, quotes, characters of several bytes, bytes that are none. */
const tokens = ['\n', '\n', '\r', '\r\n', 'a', 'b', '"', '""', ',', 'é', '€', '😀', bom].map(text => Buffer.from(text));
const odd = [...tokens, Buffer.of(0xff), Buffer.of(0xef, 0xbb), Buffer.of(0)];

const objects = fc
  .array(fc.nat(odd.length - 1), { maxLength: 24 })
  .map(picks => Buffer.concat(picks.map(pick => odd[pick]!)));

const cuttings = fc.record({
  object: objects,
  cuts: fc.array(fc.nat(40), { maxLength: 4 }),
  chunkSizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
  isSizeKnown: fc.boolean(),
  header: fc.boolean(),
});

function within(object: Buffer, cuts: readonly number[]): number[] {
  return cuts.filter(cut => cut > 0 && cut < object.length).sort((a, b) => a - b);
}

/** Of CSV. A byte order mark is before the first field, which may then begin with a quote. */
function csvRecords(object: Buffer): NaiveRecord[] {
  const before = object.indexOf(bom) === 0 ? Buffer.byteLength(bom) : 0;
  if (before > 0 && before === object.length) return [{ at: 0, end: before, bytes: object, isOpen: false }];
  return naiveRecords(object.subarray(before), csvRecord).map(({ at, end, bytes, isOpen }) => {
    const start = at === 0 ? 0 : at + before;
    return {
      at: start,
      end: end + before,
      bytes: at === 0 ? Buffer.concat([object.subarray(0, before), bytes]) : bytes,
      isOpen,
    };
  });
}

/** Each record is in the part where its first byte is, whole, and the parts' bytes are the object's, without its header. */
async function holds(cut: CutObject, records: readonly NaiveRecord[], isText = true): Promise<void> {
  const parts = partsOf(cut);
  const hasHeader = 'header' in cut.format && cut.format.header === true;
  const first = hasHeader ? records[0] : undefined;
  if (first?.isOpen === true) {
    await expect(parts[0]?.header()).rejects.toThrow('has a quote that');
    return;
  }
  const body = hasHeader ? records.slice(1) : records;
  const bytes: Uint8Array[] = [];
  for (const part of parts) {
    const { start, end } = part.part;
    const own = body.filter(({ at }) => start <= at && at < end);
    for await (const chunk of part.stream()) bytes.push(chunk);
    if (own.at(-1)?.isOpen === true) {
      await expect(all(part.lines())).rejects.toThrow(`record at byte ${own.at(-1)?.at} of "object" has a quote that`);
      continue;
    }
    const given = isText ? await all(part.lines()) : await all(part.records());
    const expected = isText ? own.map(asText) : own.map(record => record.bytes);
    if (!equal(given, expected))
      expect({ part: part.part.part, given }).toEqual({ part: part.part.part, given: expected });
  }
  const whole = cut.object.subarray(first?.end ?? 0);
  if (!Buffer.concat(bytes).equals(whole)) expect(Buffer.concat(bytes)).toEqual(whole);
  if (hasHeader && parts[0] !== undefined) {
    const header = await parts.at(-1)!.header();
    if (header !== (first && asText(first))) expect(header).toBe(first && asText(first));
  }
}

function equal(given: readonly (string | Uint8Array)[], expected: readonly (string | Uint8Array)[]): boolean {
  return (
    given.length === expected.length &&
    given.every((value, at) => {
      const other = expected[at]!;
      return typeof value === 'string' ? value === other : Buffer.compare(value, other as Uint8Array) === 0;
    })
  );
}

/** Records begin where the cutter looked. */
function picked(records: readonly NaiveRecord[], cuts: readonly number[]): number[] {
  const starts = records.map(({ at }) => at).filter(at => at > 0);
  return [...new Set(cuts.flatMap(cut => starts[cut % (starts.length || 1)] ?? []))].sort((a, b) => a - b);
}

it('gives each line of an object in the one part where it begins, wherever parts and chunks are cut', async () => {
  await fc.assert(
    fc.asyncProperty(cuttings, ({ object, cuts, header, ...rest }) => {
      const cut: CutObject = { object, format: { type: 'lines', header }, borders: within(object, cuts), ...rest };
      return holds(cut, naiveRecords(object, anyLine));
    }),
    { numRuns: runs(50) },
  );
});

it('gives each record of CSV in one part, with the newlines that are between its quotes', async () => {
  await fc.assert(
    fc.asyncProperty(cuttings, ({ object, cuts, header, ...rest }) => {
      const records = csvRecords(object);
      const cut: CutObject = { object, format: { type: 'csv', header }, borders: picked(records, cuts), ...rest };
      return holds(cut, records);
    }),
    { numRuns: runs(25) },
  );
});

it('gives each line of NDJSON in one part, and takes a lone carriage return for a space', async () => {
  await fc.assert(
    fc.asyncProperty(cuttings, ({ object, cuts, header: _, ...rest }) =>
      holds(
        { object, format: { type: 'ndjson' }, borders: within(object, cuts), ...rest },
        naiveRecords(object, lfLine),
      ),
    ),
    { numRuns: runs(10) },
  );
});

it('gives each record of a fixed size in one part, and a shorter one at the end', async () => {
  await fc.assert(
    fc.asyncProperty(cuttings, fc.integer({ min: 1, max: 9 }), ({ object, cuts, header: _, ...rest }, bytes) => {
      const records = naiveRecords(object, new RegExp(`(?<bare>[^]{1,${bytes}})`, 'g'));
      return holds(
        { object, format: { type: 'records', bytes }, borders: within(object, cuts), ...rest },
        records,
        false,
      );
    }),
    { numRuns: runs(10) },
  );
});

it('gives exactly the bytes of a part that has no records', async () => {
  await fc.assert(
    fc.asyncProperty(cuttings, async ({ object, cuts, header: _, ...rest }) => {
      const parts = partsOf({ object, format: { type: 'bytes' }, borders: within(object, cuts), ...rest });
      for (const part of parts) {
        const bytes = Buffer.from(await part.bytes());
        if (!bytes.equals(object.subarray(part.part.start, part.part.end))) expect(bytes).toBe(part.part);
      }
    }),
    { numRuns: runs(5) },
  );
});
