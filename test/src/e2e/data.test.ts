import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  byObject,
  type DataOptions,
  type DataSource,
  data,
  FunctionExecutor,
  isMegalithError,
  type OpenStore,
} from '@megalith/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DataPlace, dataPlaces } from './data-places.js';
import { countWords, fieldsOf, keysAndValues, sizesOfRecords, total } from './data-tasks.js';
import { books } from './made-books.js';

/** What Lithops' `test_map_reduce.py` and `test_storage.py` look at, on every store that tasks can read, and one of each format. */
const texts = books([180_000, 640_000, 640_001, 900_000, 1_400_000]);
const words = texts.reduce((sum, each) => sum + each.words, 0);
const wordsByName = new Map(texts.map(({ name, words: count }) => [name, count]));
const chunkSize = 640_000;
const chunksOfSize = texts.reduce((sum, { bytes }) => sum + Math.ceil(bytes / chunkSize), 0);

const home = mkdtempSync(join(tmpdir(), 'megalith-data-e2e-'));
let executor: FunctionExecutor;
beforeAll(() => {
  executor = new FunctionExecutor({ backend: 'local', home });
});
afterAll(async () => {
  await executor.close();
  rmSync(home, { recursive: true, force: true });
});

const cut = (source: DataSource, options: DataOptions = {}) => data(source, { ...options, home });

/** Words of all, and how many tasks that took: maps and reduces. */
async function count(source: DataSource, options?: DataOptions) {
  const reduction = executor.mapReduce(countWords, cut(source, options), total);
  const counted = await reduction;
  return { counted, maps: reduction.job.counts.done, reduces: reduction.reduceJob.counts.done };
}

/** The same with one reducer an object, whose names are shortened. */
async function countEach(source: DataSource, options?: DataOptions) {
  const reduction = executor.mapReduce(countWords, cut(source, options), total, { reduceBy: byObject });
  const counted = new Map([...(await reduction)].map(([name, sum]) => [name.slice(name.lastIndexOf('/') + 1), sum]));
  return { counted, maps: reduction.job.counts.done, reduces: reduction.reduceJob.counts.done };
}

describe.each(dataPlaces)('data in $kind', ({ isThere, open }) => {
  let place: DataPlace;
  let store: OpenStore;
  const uris = texts.map(({ name }) => `lab:books/${name}`);
  beforeAll(async () => {
    if (!isThere()) return;
    place = await open(join(home, 'folder'));
    store = place.store;
    writeFileSync(join(home, 'megalith.yaml'), JSON.stringify({ stores: { lab: place.settings } }));
    await Promise.all(texts.map(({ name, text }) => store.put(`books/${name}`, Buffer.from(text))));
  });
  afterAll(() => place?.close());

  describe.skipIf(!isThere())('as Lithops has it', () => {
    test('words below a prefix are counted, a call an object', async () => {
      expect(await count('lab:books/')).toEqual({ counted: words, maps: 5, reduces: 1 });
    });

    test('words below a prefix are counted by object, a reducer each', async () => {
      expect(await countEach('lab:books/')).toEqual({ counted: wordsByName, maps: 5, reduces: 5 });
    });

    test('words of a list of objects are counted, together and by object', async () => {
      expect(await count(uris)).toEqual({ counted: words, maps: 5, reduces: 1 });
      expect(await countEach(uris)).toEqual({ counted: wordsByName, maps: 5, reduces: 5 });
    });

    test('chunks of a size are as many as the objects have, and lose no word', async () => {
      expect(await count('lab:books/', { chunkSize })).toEqual({ counted: words, maps: chunksOfSize, reduces: 1 });
      expect(chunksOfSize).toBe(9);
    });

    test('a number of chunks is that of each object', async () => {
      expect(await count('lab:books/', { chunks: 2 })).toEqual({ counted: words, maps: 10, reduces: 1 });
    });

    test('chunks go to the reducer of their object', async () => {
      const bySize = await countEach('lab:books/', { chunkSize });
      expect(bySize).toEqual({ counted: wordsByName, maps: chunksOfSize, reduces: 5 });
      expect(await countEach('lab:books/', { chunks: 2 })).toEqual({ counted: wordsByName, maps: 10, reduces: 5 });
    });

    test('objects are put by stream, read by range, listed by prefix, looked at and removed', async () => {
      async function* stream() {
        yield Buffer.from('0123');
        yield Buffer.from('456789');
      }
      const keys = async (prefix: string) => {
        const found: [string, number][] = [];
        for await (const { key, bytes } of store.list(prefix)) found.push([key, bytes]);
        return found;
      };
      await store.put('foo/a', stream());
      await store.put('foo2', Buffer.from('xyz'));
      const part: Uint8Array[] = [];
      for await (const bytes of await store.get('foo/a', { range: { start: 1, end: 4 } })) part.push(bytes);
      expect(Buffer.concat(part).toString()).toBe('1234');
      expect(await keys('foo')).toEqual([
        ['foo/a', 10],
        ['foo2', 3],
      ]);
      expect(await keys('foo/')).toEqual([['foo/a', 10]]);
      expect(await keys('missing')).toEqual([]);
      expect(await store.head('foo/a')).toMatchObject({ bytes: 10 });
      await store.delete(['foo/a', 'foo2']);
      expect(await store.head('foo/a')).toBeUndefined();
      expect(await keys('foo')).toEqual([]);
    });

    test('a prefix, a key or a glob that matches nothing is an error that says so', async () => {
      for (const source of ['lab:missing/', 'lab:books/none.txt', 'lab:books/*.csv', [...uris, 'lab:none']]) {
        const error = await count(source).catch((thrown: unknown) => thrown);
        expect(isMegalithError(error) && error.code).toBe('NOT_FOUND');
      }
    });
  });

  describe.skipIf(!isThere())('of each format', () => {
    test('CSV with newlines between quotes is cut between rows, and each part has the header', async () => {
      const rows = Array.from({ length: 300 }, (_, n) => [`${n}`, n % 3 === 0 ? `a "quoted"\r\nline, ${n}` : `é ${n}`]);
      const quoted = (field: string) => (/["\n,]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);
      await store.put('rows/a.csv', Buffer.from(`id,text\n${rows.map(row => row.map(quoted).join(',')).join('\n')}\n`));
      const job = executor.map(fieldsOf, cut('lab:rows/*.csv', { chunkSize: 700 }));
      expect((await job).flat()).toEqual(rows);
      expect(job.counts.done).toBeGreaterThan(5);
    });

    test('NDJSON gives each value once', async () => {
      const values = Array.from({ length: 200 }, (_, id) => ({ id, text: 'x'.repeat(id % 40) }));
      await store.put('values/a.ndjson', Buffer.from(values.map(value => JSON.stringify(value)).join('\n')));
      const job = executor.map(keysAndValues, cut('lab:values/a.ndjson', { chunks: 7 }));
      expect((await job).flat()).toEqual(values);
      expect(job.counts.done).toBe(7);
    });

    test('records of a fixed size are never cut, and the last may be shorter', async () => {
      await store.put('fixed/a.bin', Buffer.alloc(12 * 100 + 5, 1));
      const job = executor.map(
        sizesOfRecords,
        cut('lab:fixed/', { format: 'records', recordBytes: 12, chunkSize: 100 }),
      );
      expect((await job).flat()).toEqual([...Array(100).fill(12), 5]);
      expect(job.counts.done).toBe(Math.ceil(1205 / 96));
    });

    test('a compressed text is one part, whatever size is asked for', async () => {
      const [book] = texts;
      await store.put('packed/a.txt.gz', gzipSync(book!.text));
      const packed = await count('lab:packed/a.txt.gz', { chunkSize: 1000 });
      expect(packed).toEqual({ counted: book!.words, maps: 1, reduces: 1 });
    });
  });
});

test('words behind http URLs are counted in two chunks each', async () => {
  const server = createServer((request, response) => {
    const book = texts.find(({ name }) => request.url === `/${name}`);
    if (book === undefined) return void response.writeHead(404).end();
    const whole = Buffer.from(book.text);
    const [, start = '0', end = ''] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const body = whole.subarray(Number(start), end === '' ? undefined : Number(end) + 1);
    response.writeHead(request.headers.range === undefined ? 200 : 206, {
      etag: `"${book.name}"`,
      'content-length': body.length,
      'content-range': `bytes ${start}-${Number(start) + body.length - 1}/${whole.length}`,
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const urls = texts.map(({ name }) => `${url}/${name}`);
    expect(await count(urls, { chunks: 2 })).toEqual({ counted: words, maps: 10, reduces: 1 });
    const dead = await count([...urls, `${url}/none.txt`]).catch((thrown: unknown) => thrown);
    expect(isMegalithError(dead) && [dead.code, dead.message]).toEqual([
      'NOT_FOUND',
      expect.stringContaining('none.txt'),
    ]);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
