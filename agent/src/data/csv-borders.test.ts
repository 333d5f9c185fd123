import fc from 'fast-check';
import { expect, it } from 'vitest';
import { csvBorders } from './csv-borders.js';
import { all, partsOf } from './cut-object.fixture.js';

async function* chunked(object: Buffer, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < object.length; at += chunkBytes) yield object.subarray(at, at + chunkBytes);
}

it('cuts CSV where records begin, however the object comes in chunks', async () => {
  const fields = fc.constantFrom('a', '"x\ny"', '"say ""hi"", and\r\n"', '', 'é', 'i"n');
  const rows = fc.array(fc.array(fields, { minLength: 1, maxLength: 3 }), { maxLength: 12 });
  const newlines = fc.constantFrom('\n', '\r\n', '\r');
  await fc.assert(
    fc.asyncProperty(
      rows,
      newlines,
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 30 }),
      async (table, newline, chunkBytes, partBytes) => {
        const records = table.map(row => row.join(','));
        const object = Buffer.from(records.map(record => record + newline).join(''));
        const borders = await all(csvBorders(chunked(object, chunkBytes), partBytes));
        let at = 0;
        const starts = records.map(record => {
          const start = at;
          at += Buffer.byteLength(record + newline);
          return start;
        });
        const expected: number[] = [];
        for (const start of starts) if (start >= (expected.at(-1) ?? 0) + partBytes) expected.push(start);
        expect(borders).toEqual(expected);
        const parts = partsOf({ object, format: { type: 'csv' }, borders, chunkSizes: [chunkBytes] });
        expect((await Promise.all(parts.map(part => all(part.lines())))).flat()).toEqual(records);
      },
    ),
    { numRuns: 1000 },
  );
});

it('cuts nothing in an object without records, or with one', async () => {
  expect(await all(csvBorders(chunked(Buffer.alloc(0), 1), 1))).toEqual([]);
  expect(await all(csvBorders(chunked(Buffer.from('a,b'), 1), 1))).toEqual([]);
  expect(await all(csvBorders(chunked(Buffer.from('a,b\n'), 2), 1))).toEqual([]);
});

it('takes a quote behind a byte order mark for one that opens', async () => {
  const object = Buffer.from('\ufeff"a\nb",c\nd,e\n');
  expect(await all(csvBorders(chunked(object, 2), 1))).toEqual([object.indexOf('d,e')]);
});
