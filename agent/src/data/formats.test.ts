import { randomBytes } from 'node:crypto';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { all, partsOf } from './cut-object.fixture.js';
import type { DataPart, PartFormat } from './data-part.js';
import { type OpenPart, openPart } from './open-part.js';

const lines: PartFormat = { type: 'lines' };
const gzip: PartFormat = { type: 'gzip', inner: lines };

function whole(text: string | Buffer, format: PartFormat, chunkSizes: readonly number[] = []): OpenPart {
  return partsOf({ object: Buffer.from(text), format, borders: [], chunkSizes })[0]!;
}

it('reads JSON of each line that is not blank, as often as it is asked', async () => {
  const part = whole('{"a":1}\r\n\n  \n[2]\nnull\n"drei"', { type: 'ndjson' });
  expect(await all(part.json())).toEqual([{ a: 1 }, [2], null, 'drei']);
  expect(await all(part.json())).toHaveLength(4);
});

it('names the object and the byte of a line that is no JSON, after what came before it', async () => {
  const object = Buffer.from('{"é":1}\n{"b":2}\n{oops}\n{"c":3}\n');
  const [first, second] = partsOf({ object, format: { type: 'ndjson' }, borders: [5] });
  expect(await all(first!.json())).toEqual([{ é: 1 }]);
  const seen: unknown[] = [];
  const reading = (async () => {
    for await (const value of second!.json()) seen.push(value);
  })();
  await expect(reading).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringMatching(new RegExp(`^the line at byte ${object.indexOf('{oops')} of "object" is no JSON: `)),
  });
  expect(seen).toEqual([{ b: 2 }]);
});

it('reads rows of CSV by the names of its header, in each part', async () => {
  const object = Buffer.from('\ufeff"id, or so",text,__proto__\n1,"two\nlines, ""quoted""",x\r\n\n2,,y\n3,é"é,z');
  const second = object.indexOf('2,,y');
  const parts = partsOf({ object, format: { type: 'csv', header: true }, borders: [second], chunkSizes: [3] });
  expect(await parts[1]!.header()).toBe('"id, or so",text,__proto__');
  expect((await all(parts[0]!.rows())).map(row => Object.entries(row))).toEqual([
    [
      ['id, or so', '1'],
      ['text', 'two\nlines, "quoted"'],
      ['__proto__', 'x'],
    ],
  ]);
  expect((await all(parts[1]!.rows())).map(row => row.text)).toEqual(['', 'é"é']);
});

it('numbers the columns of CSV without a header, and takes other quotes and delimiters', async () => {
  const part = whole("a;'b;''c'\nd;e;f\n", { type: 'csv', quote: "'", delimiter: ';' });
  expect(await all(part.rows())).toEqual([
    { 0: 'a', 1: "b;'c" },
    { 0: 'd', 1: 'e', 2: 'f' },
  ]);
  expect(await part.header()).toBeUndefined();
});

it('refuses rows that would lose a field, and names their byte', async () => {
  const more = whole('a,b\n1,2\n1,2,3\n', { type: 'csv', header: true });
  await expect(all(more.rows())).rejects.toThrow('the row at byte 8 of "object" has 3 fields, the header has 2');
  const fewer = whole('a,b\n1\n', { type: 'lines', header: true });
  await expect(all(fewer.rows())).rejects.toThrow('the row at byte 4 of "object" has 1 fields, the header has 2');
  const twice = whole('a,a\n1,2\n', { type: 'csv', header: true });
  await expect(all(twice.rows())).rejects.toThrow('has the column "a" twice');
  const open = whole('1,"2\n3"\n', lines);
  await expect(all(open.rows())).rejects.toThrow('the row at byte 0 of "object" has a quote that is not closed');
});

it('refuses what a format does not have, and styles of CSV that cannot be', async () => {
  const bytes = whole('a\n', { type: 'bytes' });
  expect(() => bytes.json()).toThrow("the format 'bytes', which has no JSON");
  await expect(all(bytes.lines())).rejects.toMatchObject({ code: 'USAGE' });
  await expect(all(bytes.records())).rejects.toMatchObject({ code: 'USAGE' });
  expect(() => whole('a', { type: 'csv', delimiter: '||' })).toThrow(`"||" can't be the delimiter of CSV`);
  expect(() => whole('a', { type: 'csv', delimiter: '"' })).toThrow('both quote and delimiter');
});

it('opens nothing but parts', () => {
  const { part } = whole('a', lines);
  const wrong: [unknown, string][] = [
    ['a.csv', 'no part of an object'],
    [{ ...part, from: {} }, 'no part of an object'],
    [{ ...part, start: -1 }, 'the part of "object" from byte -1 to 1 is none'],
    [{ ...part, format: { type: 'xml' } }, '"object" has the format "xml"'],
    [{ ...part, format: { type: 'records', bytes: 0 } }, 'records of 0 bytes'],
    [{ ...part, start: 1, format: gzip }, "is compressed and can't be read from byte 1"],
    [{ ...part, format: { type: 'gzip', inner: gzip } }, '"object" has the format "gzip"'],
  ];
  for (const [value, message] of wrong) {
    expect(() => openPart(value as DataPart, new AbortController().signal)).toThrow(message);
  }
});

it('gives several askers at once each its own line', async () => {
  const reading = whole('a\nb\nc\n', lines, [2]).lines()[Symbol.asyncIterator]();
  const results = await Promise.all([reading.next(), reading.next(), reading.next(), reading.next()]);
  expect(results.map(({ value, done }) => (done === true ? undefined : value))).toEqual(['a', 'b', 'c', undefined]);
});

it('unpacks an object of several gzip members, however it comes in chunks', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.constantFrom('a', 'é', '\n', '\r\n'), { maxLength: 8 }), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 60 }),
      async (members, chunkBytes) => {
        const texts = members.map(member => member.join(''));
        const packed = Buffer.concat(texts.map(text => gzipSync(text)));
        const part = whole(packed, gzip, [chunkBytes]);
        expect(Buffer.from(await part.bytes()).toString()).toBe(texts.join(''));
      },
    ),
    { numRuns: 200 },
  );
});

it('reads what is inside a compressed object by its own format', async () => {
  const text = 'id,name\n1,one\n2,"t\nwo"\n';
  const part = whole(gzipSync(text), { type: 'gzip', inner: { type: 'csv', header: true } });
  expect(await part.header()).toBe('id,name');
  expect((await all(part.rows())).map(({ name }) => name)).toEqual(['one', 't\nwo']);
  expect(await all(whole(Buffer.alloc(0), gzip).lines())).toEqual([]);
});

it('says of a compressed object that is cut short, or none, that it cannot be unpacked', async () => {
  const packed = gzipSync('a\n'.repeat(10_000));
  for (const bytes of [packed.subarray(0, -4), Buffer.from('no gzip')]) {
    await expect(whole(bytes, gzip).bytes()).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('"object" can\'t be unpacked'),
    });
  }
});

it('closes a compressed object that is left in the middle', async () => {
  const object = gzipSync(randomBytes(200_000).toString('hex').replaceAll('0', '\n'));
  let isClosed = false;
  const source = {
    async *read() {
      try {
        for (let at = 0; at < object.length; at += 1000) yield object.subarray(at, at + 1000);
      } finally {
        isClosed = true;
      }
    },
  };
  const { part } = whole(object, gzip);
  for await (const line of openPart(part, new AbortController().signal, source).lines()) {
    expect(line).toMatch(/^[1-9a-f]*$/);
    break;
  }
  await expect.poll(() => isClosed, { timeout: 10_000 }).toBe(true);
});

it('goes by the name of an object for Brotli', async () => {
  const [{ part }] = partsOf({ object: Buffer.alloc(0), format: gzip, borders: [] }) as [OpenPart];
  const object = brotliCompressSync('a\nb\n');
  const source = {
    async *read() {
      yield object;
    },
  };
  const opened = openPart({ ...part, name: 'a.br', bytes: object.length }, new AbortController().signal, source);
  expect(await all(opened.lines())).toEqual(['a', 'b']);
});
