import type { ServerResponse } from 'node:http';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { s3Timing } from './s3-client.js';
import { S3Store } from './s3-store.js';
import type { StoredObject } from './storage.js';
import { type Answer, refusal, scriptedServer, xml } from './testing/scripted-server.js';

beforeAll(() => {
  process.env.AWS_ACCESS_KEY_ID = 'test';
  process.env.AWS_SECRET_ACCESS_KEY = 'test';
});

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function storeOn(answer: Answer, timing = s3Timing) {
  const server = await scriptedServer(answer);
  const store = new S3Store('s3://bucket/some/prefix', { endpoint: server.endpoint }, timing);
  open.push(store, server);
  return { store, server };
}

const failure = (code: string, message: RegExp, hint = '') =>
  expect.objectContaining({
    code,
    message: expect.stringMatching(message),
    hint: expect.stringContaining(hint),
  });

const content = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 251));

/** Answers as S3 does to a GET, but sends only `sent` bytes and then does as it is told. */
function serve(response: ServerResponse, range: string | undefined, sent: number, then: 'end' | 'cut' | 'hang'): void {
  const [, from = '0', to = String(content.length - 1)] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  const part = content.subarray(Number(from), Number(to || content.length - 1) + 1);
  response.writeHead(range === undefined ? 200 : 206, {
    'content-length': part.length,
    etag: '"v1"',
    'last-modified': new Date(0).toUTCString(),
    ...(range === undefined
      ? {}
      : { 'content-range': `bytes ${from}-${Number(from) + part.length - 1}/${content.length}` }),
  });
  if (then === 'end') return void response.end(part);
  response.write(part.subarray(0, sent), () => then === 'cut' && response.destroy());
}

async function gathered(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

test('a connection that is cut while an object is read goes on where it was, in the same object', async () => {
  const { store, server } = await storeOn((response, { headers }, n) =>
    serve(response, headers.range, 70_000, n < 3 ? 'cut' : 'end'),
  );
  expect(Buffer.compare(await gathered(await store.get('a')), content)).toBe(0);
  expect(server.asked.map(({ headers }) => headers.range)).toEqual([
    undefined,
    'bytes=70000-299999',
    'bytes=140000-299999',
    'bytes=210000-299999',
  ]);
  expect(server.asked[1]!.headers['if-match']).toBe('"v1"');
});

test('a range that is cut goes on to its own end', async () => {
  const { store, server } = await storeOn((response, { headers }, n) =>
    serve(response, headers.range, 1000, n === 0 ? 'cut' : 'end'),
  );
  const part = await gathered(await store.get('a', { range: { start: 500, end: 4999 } }));
  expect(Buffer.compare(part, content.subarray(500, 5000))).toBe(0);
  expect(server.asked.map(({ headers }) => headers.range)).toEqual(['bytes=500-4999', 'bytes=1500-4999']);
});

test('a connection on which nothing comes any more is left for another', async () => {
  const { store } = await storeOn(
    (response, { headers }, n) => serve(response, headers.range, 200_000, n === 0 ? 'hang' : 'end'),
    { ...s3Timing, idleMs: 150 },
  );
  expect(Buffer.compare(await gathered(await store.get('a')), content)).toBe(0);
});

test('what is cut again and again without a byte fails, and what was replaced meanwhile is not mixed with what was there', async () => {
  const cut = await storeOn((response, { headers }, n) => serve(response, headers.range, n === 0 ? 5 : 0, 'cut'));
  await expect(gathered(await cut.store.get('a'))).rejects.toThrowError(
    failure('STORE_FAILED', /^s3:\/\/bucket\/some\/prefix at http:\/\/127\.0\.0\.1:\d+ failed to read "a"/, 'reached'),
  );
  const replaced = await storeOn((response, { headers }, n) =>
    n === 0 ? serve(response, headers.range, 5, 'cut') : refusal(response, 412, 'PreconditionFailed'),
  );
  await expect(gathered(await replaced.store.get('a'))).rejects.toThrowError(failure('STORE_FAILED', /was replaced/));
});

test('a put whose answer is lost is repeated, and knows its own object', async () => {
  let put: Record<string, unknown> = {};
  const { store, server } = await storeOn((response, { method, headers }, n) => {
    if (method === 'PUT' && n === 0) {
      put = headers;
      response.destroy();
    } else if (method === 'PUT') refusal(response, 412, 'PreconditionFailed');
    else {
      const own = { 'x-amz-meta-megalith-put': String(put['x-amz-meta-megalith-put']), etag: '"v1"' };
      response.writeHead(200, { ...own, 'content-length': 5, 'x-amz-meta-megalith-label': 'public' }).end();
    }
  });
  const object = await store.put('a', Buffer.from('hello'), { ifAbsent: true, label: 'public' });
  expect(object).toMatchObject({ etag: 'v1', label: 'public' });
  expect(server.asked.map(({ method }) => method)).toEqual(['PUT', 'PUT', 'HEAD']);
  expect(server.asked[0]!.headers).toMatchObject({ 'if-none-match': '*', 'content-length': '5' });
  expect(Object.keys(server.asked[0]!.headers).filter(name => /checksum|trailer/.test(name))).toEqual([]);
});

test('of a put that is repeated and finds the object of another, the other one stays', async () => {
  const { store } = await storeOn((response, { method }, n) => {
    if (n === 0) response.destroy();
    else if (method === 'PUT') refusal(response, 412, 'PreconditionFailed');
    else response.writeHead(200, { 'x-amz-meta-megalith-put': 'another', 'content-length': 5 }).end();
  });
  await expect(store.put('a', Buffer.from('hello'), { ifAbsent: true })).rejects.toThrowError(
    failure('ALREADY_THERE', /"a" is in s3:\/\/bucket\/some\/prefix already/),
  );
});

test('an upload of which a part fails, or whose body does, is removed', async () => {
  const partBytes = 2 ** 24;
  const parts = async function* (fails: boolean) {
    for (let n = 0; n < 3; n++) yield Buffer.alloc(partBytes, n);
    if (fails) throw new RangeError('no more');
  };
  for (const [fails, code, message] of [
    [false, 'NO_CREDENTIALS', /refused to put "big": AccessDenied/],
    [true, 'STORE_FAILED', /no more/],
  ] as const) {
    const { store, server } = await storeOn((response, { method, url }) => {
      if (url.includes('uploads')) xml(response, 200, 'InitiateMultipartUploadResult', '<UploadId>u1</UploadId>');
      else if (method === 'PUT' && !fails && url.includes('partNumber=2')) refusal(response, 403, 'AccessDenied');
      else if (method === 'PUT') response.writeHead(200, { etag: '"part"' }).end();
      else response.writeHead(204).end();
    });
    await expect(store.put('big', parts(fails))).rejects.toThrowError(failure(code, message));
    const last = server.asked.at(-1)!;
    expect(last.method).toBe('DELETE');
    expect(last.url).toContain('uploadId=u1');
    expect(server.asked.some(({ method, url }) => method === 'POST' && url.includes('uploadId'))).toBe(false);
  }
});

test('listings go on from page to page, and pass over what is no key', async () => {
  const page = (keys: readonly string[], more: string) =>
    `${keys.map(key => `<Contents><Key>some/prefix/${key}</Key><Size>1</Size><ETag>"e"</ETag></Contents>`).join('')}${more}`;
  const { store, server } = await storeOn((response, { url }) => {
    const token = new URL(url, 'http://s3').searchParams.get('continuation-token');
    const more = (next: string) =>
      `<IsTruncated>true</IsTruncated><NextContinuationToken>${next}</NextContinuationToken>`;
    const inner =
      token === null
        ? page(['a', 'folder/'], more('t+1'))
        : token === 't+1'
          ? page(['b&amp;c'], more('t+2'))
          : page(['c'], '<IsTruncated>false</IsTruncated>');
    xml(response, 200, 'ListBucketResult', inner);
  });
  const keys: StoredObject[] = [];
  for await (const object of store.list()) {
    keys.push(object);
    // One page ahead, and no more.
    expect(server.asked.length).toBeLessThanOrEqual(keys.length + 1);
  }
  expect(keys.map(({ key }) => key)).toEqual(['a', 'b&c', 'c']);
});

test('deletes go in thousands, and one that is refused is told', async () => {
  const { store, server } = await storeOn((response, _, n) =>
    xml(
      response,
      200,
      'DeleteResult',
      n < 2 ? '' : '<Error><Key>k</Key><Code>AccessDenied</Code><Message>no</Message></Error>',
    ),
  );
  await store.delete(Array.from({ length: 1001 }, (_, n) => `k${n}`));
  expect(server.asked.map(({ body }) => body.toString().match(/<Key>/g)?.length)).toEqual([1000, 1]);
  await expect(store.delete(['k'])).rejects.toThrowError(failure('NO_CREDENTIALS', /"k": no/));
});

test.each([
  [404, 'NoSuchBucket', 'STORE_FAILED', 'make the bucket'],
  [403, 'AccessDenied', 'NO_CREDENTIALS', 's3:ListBucket'],
  [403, 'InvalidAccessKeyId', 'NO_CREDENTIALS', 'aws sso login'],
  [403, 'RequestTimeTooSkewed', 'NO_CREDENTIALS', 'clock'],
  [400, 'ExpiredToken', 'NO_CREDENTIALS', 'sign in again'],
  [301, 'PermanentRedirect', 'STORE_FAILED', 'region'],
  [400, 'Strange', 'STORE_FAILED', 'try again'],
] as const)('a refusal with %i %s is %s', async (status, storeCode, code, hint) => {
  const { store } = await storeOn(response => refusal(response, status, storeCode));
  await expect(store.get('a')).rejects.toThrowError(failure(code, new RegExp(`read "a": .*${storeCode}`), hint));
  await expect(store.put('a', Buffer.from('x'))).rejects.toThrowError(failure(code, /put "a"/, hint));
});

test('to a look, a bucket that is missing is told from an object that is', async () => {
  const missing = await storeOn(response => response.writeHead(404).end());
  await expect(missing.store.head('a')).rejects.toThrowError(failure('STORE_FAILED', /bucket does not exist/, 'make'));
  const there = await storeOn((response, { url }) => response.writeHead(url.includes('some') ? 404 : 200).end());
  expect(await there.store.head('a')).toBeUndefined();
  expect(await there.store.head('b')).toBeUndefined();
  expect(there.server.asked).toHaveLength(3);
});

test('a server that is not there is named', async () => {
  const store = new S3Store('s3://bucket', { endpoint: 'http://127.0.0.1:1' });
  open.push(store);
  await expect(store.head('a')).rejects.toThrowError(
    failure(
      'STORE_FAILED',
      /^s3:\/\/bucket at http:\/\/127\.0\.0\.1:1 failed to look for "a": ECONNREFUSED/,
      'reached',
    ),
  );
});

test('a server that never answers is left after the deadline', async () => {
  const { store } = await storeOn(() => undefined, { ...s3Timing, callMs: 150 });
  await expect(store.head('a')).rejects.toThrowError(failure('STORE_FAILED', /more than 150ms to look for "a"/));
});

test('a label that is none of ours counts as the highest', async () => {
  const { store } = await storeOn(response =>
    response.writeHead(200, { 'x-amz-meta-megalith-label': 'cosmic', 'content-length': 1 }).end(),
  );
  expect(await store.head('a')).toMatchObject({ label: 'restricted' });
});
