import type { ServerResponse } from 'node:http';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { azureTiming } from './azure-client.js';
import { AzureStore } from './azure-store.js';
import type { StoredObject } from './storage.js';
import { type Answer, scriptedServer, xml } from './testing/scripted-server.js';

beforeAll(() => {
  process.env.AZURE_STORAGE_KEY = Buffer.from('test').toString('base64');
});

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function storeOn(answer: Answer, timing = azureTiming) {
  const server = await scriptedServer(answer);
  const store = new AzureStore('azure://account/container/some/prefix', { endpoint: server.endpoint }, timing);
  open.push(store, server);
  return { store, server };
}

async function gathered<T>(things: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const thing of things) all.push(thing);
  return all;
}

const content = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 251));

/** Answers as Azure does to a GET, but ends the connection after so many bytes. */
function serve(response: ServerResponse, range: string | undefined, sent: number, etag: string): void {
  const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  const part = content.subarray(Number(from), to === '' ? undefined : Number(to) + 1);
  response.writeHead(range === undefined ? 200 : 206, {
    'content-length': part.length,
    etag: `"${etag}"`,
    'last-modified': new Date(0).toUTCString(),
    ...(range === undefined
      ? {}
      : { 'content-range': `bytes ${from}-${Number(from) + part.length - 1}/${content.length}` }),
  });
  if (sent >= part.length) response.end(part);
  else response.write(part.subarray(0, sent), () => response.destroy());
}

function page(response: ServerResponse, names: readonly string[], next: string): void {
  const blobs = names.map(
    name =>
      `<Blob><Name>some/prefix/${name}</Name><Properties><Last-Modified>Thu, 01 Jan 1970 00:00:01 GMT</Last-Modified><Etag>0x1</Etag>` +
      '<Content-Length>3</Content-Length><BlobType>BlockBlob</BlobType></Properties></Blob>',
  );
  xml(response, 200, 'EnumerationResults', `<Blobs>${blobs.join('')}</Blobs><NextMarker>${next}</NextMarker>`);
}

test('a listing takes page after page, each in the order of bytes, and leaves out what is no key of ours', async () => {
  const pages: readonly (readonly string[])[] = [['a', 'b😀', 'bﬀ', 'folder/'], [], ['c']];
  const { store, server } = await storeOn((response, { url }) => {
    const at = Number(new URL(url, 'http://x').searchParams.get('marker') ?? 0);
    page(response, pages[at] ?? [], at + 1 < pages.length ? String(at + 1) : '');
  });
  const listed = await gathered<StoredObject>(store.list('b'));
  expect(listed.map(({ key }) => key)).toEqual(['a', 'bﬀ', 'b😀', 'c']);
  expect(listed[0]).toEqual({ key: 'a', bytes: 3, etag: '0x1', modifiedAt: 1000 });
  expect(server.asked).toHaveLength(3);
  expect(server.asked[0]!.url).toMatch(/prefix=some%2Fprefix%2Fb/);
});

test('a connection that is cut while an object is read goes on where it was, in the same object', async () => {
  const { store, server } = await storeOn((response, { headers }, n) =>
    serve(response, headers['x-ms-range'] as string | undefined, n < 2 ? 70_000 : Infinity, 'v1'),
  );
  expect(Buffer.compare(Buffer.concat(await gathered(await store.get('a'))), content)).toBe(0);
  const [, ...others] = server.asked;
  expect(others.length).toBeGreaterThan(1);
  for (const { headers } of others) expect(headers['if-match']).toBe('"v1"');
});

test('one that is another meanwhile is not read on', async () => {
  const { store } = await storeOn((response, { headers }, n) => {
    if (n === 0) return serve(response, headers['x-ms-range'] as string | undefined, 70_000, 'v1');
    response.writeHead(412, { 'x-ms-error-code': 'ConditionNotMet' }).end();
  });
  await expect(store.get('a').then(gathered)).rejects.toMatchObject({ code: 'DATA_CHANGED' });
});

test('a server that hangs is named when the deadline is over', async () => {
  const { store, server } = await storeOn(() => undefined, { ...azureTiming, callMs: 200, partMs: 200 });
  for (const call of [() => store.head('a'), () => store.put('a', new Uint8Array(1)), () => store.delete(['a'])]) {
    await expect(call()).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringMatching(/^it took more than 200ms to .* in azure:\/\/account\/container\/some\/prefix$/),
    });
  }
  expect(server.asked.length).toBeGreaterThan(0);
});

test('a put whose answer was lost knows its own object', async () => {
  let kept: string | undefined;
  const { store } = await storeOn((response, { method, headers }) => {
    const id = headers['x-ms-meta-megalith_put'] as string | undefined;
    if (method === 'HEAD') {
      const about = { 'content-length': 1, etag: '"v1"', 'last-modified': new Date(0).toUTCString() };
      response.writeHead(200, { ...about, 'x-ms-meta-megalith_put': kept }).end();
    } else if (kept === undefined) {
      kept = id;
      response.destroy();
    } else response.writeHead(409, { 'x-ms-error-code': 'BlobAlreadyExists' }).end();
  });
  expect(await store.put('a', new Uint8Array(1), { ifAbsent: true })).toMatchObject({ key: 'a', etag: 'v1' });
  await expect(store.put('a', new Uint8Array(1), { ifAbsent: true })).rejects.toMatchObject({ code: 'ALREADY_THERE' });
});
