import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type DataPart, openPart } from '@megalith/agent';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { labelSymbol } from '../labels/labelled.js';
import { type OpenStore, openStore, registerStorage } from '../storage/open-store.js';
import type { StoredObject } from '../storage/storage.js';
import { data } from './data.js';
import type { DataOptions } from './data-options.js';
import type { DataSource } from './data-source.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let home: string;
let lab: OpenStore;
const signal = new AbortController().signal;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'megalith-data-'));
  const stores = { lab: { url: join(home, 'lab'), clearance: 'restricted' }, million: { url: 'million://x' } };
  writeFileSync(join(home, 'megalith.yaml'), JSON.stringify({ stores }));
  lab = await openStore({ name: 'lab', ...stores.lab, clearance: 'restricted' });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const cut = (source: DataSource, options: DataOptions = {}) => data(source, { ...options, home });
async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
const partsOf = (source: DataSource, options: DataOptions = {}): Promise<DataPart[]> => listOf(cut(source, options));
const textOf = async (part: DataPart): Promise<string> => Buffer.from(await openPart(part, signal).bytes()).toString();
const put = (key: string, text: string, label?: 'public'): Promise<StoredObject> =>
  lab.put(key, Buffer.from(text), label === undefined ? {} : { label });

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

describe('data', () => {
  it('cuts what lies below a prefix, by object and then by place', async () => {
    await put('in/b', '0123456789');
    await put('in/a', '');
    const parts = await partsOf('lab:in/', { chunkSize: 4 });
    expect(parts.map(({ name, start, end, part, parts: of }) => [name.slice(-4), start, end, part, of])).toEqual([
      ['in/a', 0, 0, 0, 1],
      ['in/b', 0, 4, 0, 3],
      ['in/b', 4, 8, 1, 3],
      ['in/b', 8, 10, 2, 3],
    ]);
    expect(await Promise.all(parts.map(textOf))).toEqual(['', '0123', '4567', '89']);
  });

  it('tells formats by names, and looks for newlines between quotes before it cuts', async () => {
    await put('t.csv', 'a,b\n1,"x\ny"\n2,z\n');
    const parts = await partsOf('lab:t.csv', { chunkSize: 5 });
    expect(parts[0]!.format).toEqual({ type: 'csv', header: true });
    const rows = await Promise.all(parts.map(part => listOf(openPart(part, signal).rows())));
    expect(rows.flat()).toEqual([
      { a: '1', b: 'x\ny' },
      { a: '2', b: 'z' },
    ]);
    const formats = ['a.tsv', 'a.jsonl', 'a.log.gz', 'a.bin'].map(async name => {
      await put(name, 'x');
      return (await partsOf(`lab:${name}`))[0]!.format;
    });
    expect(await Promise.all(formats)).toEqual([
      { type: 'csv', header: true, delimiter: '\t' },
      { type: 'ndjson' },
      { type: 'gzip', inner: { type: 'lines' } },
      { type: 'bytes' },
    ]);
  });

  it('cuts where its user says', async () => {
    await put('s', 'aabbbb');
    const parts = await partsOf('lab:s', { splitter: ({ bytes }) => [2, bytes - 1] });
    expect(await Promise.all(parts.map(textOf))).toEqual(['aa', 'bbb', 'b']);
    await expect(partsOf('lab:s', { splitter: () => [3, 2] })).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('gives every byte and every line to just one part, whatever is in it', async () => {
    const texts = fc.array(fc.constantFrom('\n', '\r\n', '\r', '"', 'é', 'x', 'long line '), { maxLength: 40 });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 1, max: 30 }), async (pieces, chunkSize) => {
        const text = pieces.join('');
        const key = `p/${run++}.txt`;
        await put(key, text);
        const parts = await partsOf(`lab:${key}`, { chunkSize });
        expect((await Promise.all(parts.map(textOf))).join('')).toBe(text);
        expect(parts).toHaveLength(Math.max(1, Math.ceil(Buffer.byteLength(text) / chunkSize)));
      }),
      { numRuns: 100 },
    );
  });

  it('refuses what has changed since it was cut', async () => {
    await put('in/a', 'before');
    const [part] = await partsOf('lab:in/');
    await put('in/a', 'after!');
    await expect(textOf(part!)).rejects.toMatchObject({ code: 'DATA_CHANGED' });
    const file = join(home, 'file.txt');
    writeFileSync(file, 'x');
    const [other] = await partsOf(file);
    utimesSync(file, 1, 1);
    await expect(textOf(other!)).rejects.toMatchObject({ code: 'DATA_CHANGED' });
  });

  it('takes files, folders and globs of this machine, and lists of all', async () => {
    mkdirSync(join(home, 'd', 'e'), { recursive: true });
    for (const name of ['d/b', 'd/a', 'd/e/c', 'd/.hidden']) writeFileSync(join(home, name), name);
    await put('x', 'lab');
    const texts = async (source: DataSource) => Promise.all((await partsOf(source)).map(textOf));
    expect(await texts(join(home, 'd'))).toEqual(['d/a', 'd/b', 'd/e/c']);
    expect(await texts(join(home, 'd', '*'))).toEqual(['d/a', 'd/b']);
    expect(await texts(['lab:x', join(home, 'd', 'e', 'c')])).toEqual(['lab', 'd/e/c']);
    const { key, etag, bytes } = (await lab.head('x'))!;
    expect(await texts({ megalith: 'object', store: lab.url, key, etag, bytes, content: 'bytes' })).toEqual(['lab']);
  });

  it('takes http URLs, also of servers that know no HEAD', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/none') return void response.writeHead(404).end();
      if (request.method === 'HEAD') return void response.writeHead(405).end();
      const [, start = 0, end] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? [];
      const text = '0123456789'.slice(Number(start), end ? Number(end) + 1 : undefined);
      response.writeHead(206, { etag: '"1"', 'content-range': `bytes ${start}-${Number(start) + text.length - 1}/10` });
      response.end(text);
    });
    const parts = await partsOf(`${url}/x?signature=secret`, { chunks: 2 });
    expect(parts.map(({ name, bytes, version }) => [name, bytes, version])).toEqual(
      Array(2).fill([`${url}/x`, 10, '"1"']),
    );
    expect(await Promise.all(parts.map(textOf))).toEqual(['01234', '56789']);
    await expect(partsOf([`${url}/x`, `${url}/none`])).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(partsOf('http://127.0.0.1:1/x')).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });

  it.each([
    ['lab:in/*.txt', /matches "in\/\*\.txt"/],
    ['lab:nothing', /matches "nothing"/],
    ['/no/such/file', /no file or folder "\/no\/such\/file"/],
    ['/no/such/*.csv', /no file matches/],
    [[], /empty list/],
  ])('%o is nothing, and says so', async (source, message) => {
    await expect(partsOf(source)).rejects.toMatchObject({ code: 'NOT_FOUND', message: expect.stringMatching(message) });
  });

  it.each([
    [{ chunkSize: 0 }],
    [{ chunks: 1.5 }],
    [{ chunkSize: 4, chunks: 2 }],
    [{ format: 'records' as const }],
    [{ readableFor: '8d' }],
  ])('refuses %o', options => expect(() => data('x', options)).toThrow(expect.objectContaining({ code: 'USAGE' })));

  it('carries the label of its objects, and of many that of the store', async () => {
    await put('in/a', 'x', 'public');
    expect(await cut('lab:in/')[labelSymbol]).toMatchObject({ label: 'public' });
    await put('in/b', 'x');
    expect(await cut('lab:in/')[labelSymbol]).toMatchObject({ label: 'restricted', from: 'store "lab"' });
  });

  it('lists objects as they are taken, in flat memory', async () => {
    let listed = 0;
    const object = (i: number): StoredObject => ({ key: `k/${i}`, bytes: 10, etag: '1', modifiedAt: 0 });
    registerStorage('million', () => ({
      ...lab,
      url: 'million://x',
      presign: async key => `http://127.0.0.1:1/${key}`,
      async *list() {
        for (let i = 0; i < 100_000; i++) {
          listed = i;
          yield object(i);
        }
      },
    }));
    const heapBytes: number[] = [];
    let parts = 0;
    let firstAfter: number | undefined;
    for await (const { part } of cut('million:k/')) {
      firstAfter ??= listed;
      parts += 1 + part;
      if (parts % 20_000 === 0) {
        collectGarbage();
        heapBytes.push(process.memoryUsage().heapUsed);
      }
    }
    expect(parts).toBe(100_000);
    expect(firstAfter).toBeLessThan(100);
    // Kept, the 80,000 objects in between would take 10 MiB and more.
    expect(heapBytes.at(-1)! - heapBytes[0]!).toBeLessThan(3 * 2 ** 20);
  });
});
