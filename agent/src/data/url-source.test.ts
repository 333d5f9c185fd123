import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { all } from './cut-object.fixture.js';
import type { DataPart } from './data-part.js';
import { openPart } from './open-part.js';
import { UrlSource } from './url-source.js';

const object = Buffer.from(Array.from({ length: 20_000 }, (_, i) => `line ${i} of many\n`).join(''));
const quick = { stallMs: 10_000, tries: 3, pauseMs: 1 };
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function served(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise(resolve => server.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/object?X-Amz-Signature=topsecret`;
}

interface Asked {
  readonly first: number;
  readonly last: number;
}

function rangeOf({ headers }: IncomingMessage, size = object.length): Asked {
  const found = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '');
  const last = found?.[2] === undefined || found[2] === '' ? size - 1 : Math.min(size - 1, Number(found[2]));
  return { first: Number(found?.[1] ?? 0), last };
}

/** As a good store does. */
function answer(response: ServerResponse, { first, last }: Asked, bytes = object, etag = '"v1"'): void {
  if (first >= bytes.length) response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
  else response.writeHead(206, headersOf(first, last, bytes.length, etag)).end(bytes.subarray(first, last + 1));
}

function headersOf(first: number, last: number, size: number, etag = '"v1"') {
  return { 'content-range': `bytes ${first}-${last}/${size}`, 'content-length': last - first + 1, etag };
}

function partOf(url: string, more: Partial<DataPart> = {}): DataPart {
  return {
    megalith: 'part',
    from: { url },
    name: 's3://bucket/object',
    start: 0,
    end: object.length,
    bytes: object.length,
    version: 'v1',
    part: 0,
    format: { type: 'lines' },
    ...more,
  };
}

function opened(part: DataPart, timing = quick, signal = new AbortController().signal) {
  if (!('url' in part.from)) throw new Error('no URL');
  return openPart(part, signal, new UrlSource(part, part.from, signal, timing));
}

async function failure(read: Promise<unknown>): Promise<unknown> {
  return read.then(
    () => 'no failure',
    (error: unknown) => error,
  );
}

it('reads parts by ranges, over connections that are kept', async () => {
  const sockets = new Set<unknown>();
  const requests: string[] = [];
  const url = await served((request, response) => {
    sockets.add(request.socket);
    requests.push(`${request.headers.range} ${request.headers['if-match']} ${request.headers['accept-encoding']}`);
    answer(response, rangeOf(request));
  });
  const lines: string[] = [];
  for (let start = 0; start < object.length; start += 30_000) {
    const part = partOf(url, { start, end: Math.min(object.length, start + 30_000) });
    for await (const line of opened(part).lines()) lines.push(line);
  }
  expect(lines.join('\n')).toBe(object.toString().trimEnd());
  expect(requests[0]).toBe(`bytes=0-95535 "v1" identity`);
  expect(requests.length).toBe(Math.ceil(object.length / 30_000));
  expect(sockets.size).toBeLessThan(requests.length / 2);
});

it('goes on where a connection broke, also where fewer bytes come than were said', async () => {
  const firsts: number[] = [];
  const url = await served((request, response) => {
    const { first, last } = rangeOf(request);
    firsts.push(first);
    response.writeHead(206, headersOf(first, last, object.length));
    // The length is a lie: a third of it comes, and the connection closes.
    const stop = first + Math.max(1, Math.floor((last + 1 - first) / 3));
    if (last - first < 1000) response.end(object.subarray(first, last + 1));
    else response.write(object.subarray(first, stop), () => request.socket.destroySoon());
  });
  expect(Buffer.from(await opened(partOf(url)).bytes()).equals(object)).toBe(true);
  expect(firsts.length).toBeGreaterThan(5);
});

it('asks on where a server gives a shorter range than was asked for', async () => {
  const url = await served((request, response) => {
    const { first, last } = rangeOf(request);
    answer(response, { first, last: Math.min(last, first + 50_000) });
  });
  expect(Buffer.from(await opened(partOf(url)).bytes()).equals(object)).toBe(true);
});

it('gives up after so many connections in a row that gave nothing, and names the object without its URL', async () => {
  let requests = 0;
  const url = await served(request => {
    requests++;
    request.socket.destroy();
  });
  const error = await failure(opened(partOf(url)).bytes());
  expect(error).toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('"s3://bucket/object"') });
  expect(String((error as Error).stack)).not.toContain('topsecret');
  expect(requests).toBe(3);
});

it('takes a server that is busy for one that may answer later', async () => {
  let requests = 0;
  const url = await served((request, response) => {
    if (++requests < 3) response.writeHead(503).end('slow down');
    else answer(response, rangeOf(request));
  });
  expect((await opened(partOf(url)).bytes()).length).toBe(object.length);
});

it('leaves a connection on which nothing comes any more', async () => {
  let requests = 0;
  const url = await served((request, response) => {
    const range = rangeOf(request);
    if (++requests > 1) return answer(response, range);
    response.writeHead(206, headersOf(range.first, range.last, object.length));
    response.write(object.subarray(0, 1000));
  });
  expect(Buffer.from(await opened(partOf(url), { ...quick, stallMs: 100, tries: 50 }).bytes()).equals(object)).toBe(
    true,
  );
});

it('leaves a connection on which no answer comes', async () => {
  let requests = 0;
  const url = await served((request, response) => {
    if (++requests > 1) answer(response, rangeOf(request));
  });
  expect((await opened(partOf(url), { ...quick, stallMs: 100, tries: 50 }).bytes()).length).toBe(object.length);
});

it('says of an object that changed, before or while it is read, that it changed', async () => {
  const refusing = await served((request, response) => {
    if (request.headers['if-match'] === '"v1"') response.writeHead(412).end();
    else answer(response, rangeOf(request), object, '"v2"');
  });
  const careless = await served((request, response) => answer(response, rangeOf(request), object, '"v2"'));
  const longer = await served((request, response) =>
    answer(response, rangeOf(request), Buffer.concat([object, Buffer.from('x')])),
  );
  let requests = 0;
  const midway = await served((request, response) => {
    const { first, last } = rangeOf(request);
    if (++requests > 1) return answer(response, { first, last }, object, '"v2"');
    response.writeHead(206, headersOf(first, last, object.length));
    response.write(object.subarray(0, 100_000), () => request.socket.destroySoon());
  });
  const { version: _, ...unversioned } = partOf(midway);
  for (const part of [partOf(refusing), partOf(careless), partOf(longer), unversioned]) {
    expect(await failure(opened(part).bytes())).toMatchObject({
      code: 'DATA_CHANGED',
      message: expect.stringContaining('"s3://bucket/object" changed'),
    });
  }
});

it('compares a weak etag itself, for no condition holds with one', async () => {
  const url = await served((request, response) => {
    if (request.headers['if-match'] !== undefined) response.writeHead(412).end();
    else answer(response, rangeOf(request), object, 'W/"v1"');
  });
  expect((await opened(partOf(url)).bytes()).length).toBe(object.length);
});

it('refuses what it cannot be sure of: no etag, another range, packed bytes', async () => {
  const noEtag = await served((request, response) => {
    const { first, last } = rangeOf(request);
    const { etag: _, ...headers } = headersOf(first, last, object.length);
    response.writeHead(206, headers).end(object.subarray(first, last + 1));
  });
  const elsewhere = await served((_, response) => answer(response, { first: 7, last: object.length - 1 }));
  const packed = await served((request, response) => {
    response.setHeader('content-encoding', 'gzip');
    answer(response, rangeOf(request));
  });
  for (const url of [noEtag, elsewhere, packed]) {
    expect(await failure(opened(partOf(url)).bytes())).toMatchObject({ code: 'STORE_FAILED' });
  }
});

it('says what is missing, and what may not be read', async () => {
  const missing = await served((_, response) => void response.writeHead(404).end());
  const forbidden = await served((_, response) => void response.writeHead(403).end('Request has expired'));
  expect(await failure(opened(partOf(missing)).bytes())).toMatchObject({ code: 'NOT_FOUND' });
  expect(await failure(opened(partOf(forbidden)).bytes())).toMatchObject({
    code: 'STORE_FAILED',
    hint: expect.stringContaining('permission that the task got may have run out'),
  });
});

it('skips to its part where a server does no ranges', async () => {
  const url = await served((_, response) => void response.writeHead(200, { etag: '"v1"' }).end(object));
  const whole = object.toString();
  const start = whole.indexOf('line 5000 ');
  const end = whole.indexOf('line 6000 ');
  const bytes = await opened(partOf(url, { start, end })).bytes();
  expect(Buffer.from(bytes).toString()).toBe(whole.slice(start, end));
});

it('does not skip gigabytes of a server that does no ranges', async () => {
  const size = 3 * 1024 ** 3;
  const url = await served((request, response) => {
    response.on('error', () => request.socket.destroy());
    response.writeHead(200, { etag: '"v1"', 'content-length': size });
    response.flushHeaders();
  });
  const part = partOf(url, { start: 2 * 1024 ** 3, end: size, bytes: size });
  expect(await failure(opened(part).bytes())).toMatchObject({
    code: 'STORE_FAILED',
    message: expect.stringContaining('its server does no ranges'),
  });
});

it('reads what is behind the end of an object of unknown size as nothing', async () => {
  const url = await served((request, response) => answer(response, rangeOf(request)));
  const { bytes: _, ...part } = partOf(url, { end: Number.MAX_SAFE_INTEGER });
  expect((await opened(part).bytes()).length).toBe(object.length);
  expect(await opened({ ...part, start: object.length + 10 }).bytes()).toHaveLength(0);
  const empty = await served((request, response) => answer(response, rangeOf(request), Buffer.alloc(0)));
  expect(await all(opened({ ...part, from: { url: empty } }).lines())).toEqual([]);
});

it('follows redirects, and shows headers of its own to the first server only', async () => {
  const seen: (string | undefined)[] = [];
  const other = await served((request, response) => {
    seen.push(request.headers.authorization);
    answer(response, rangeOf(request));
  });
  const url = await served((request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(302, { location: other }).end();
  });
  const part = partOf(url, { from: { url, headers: { authorization: 'mine' } } });
  expect((await opened(part).bytes()).length).toBe(object.length);
  expect(seen).toEqual(['mine', undefined]);
});

it('ends with its signal, also where nobody waits for the next bytes', async () => {
  const closed: Promise<unknown>[] = [];
  const url = await served((request, response) => {
    closed.push(new Promise(resolve => request.socket.once('close', resolve)));
    const { first, last } = rangeOf(request);
    response.writeHead(206, headersOf(first, last, object.length));
    response.write(object.subarray(0, 200_000));
  });
  const task = new AbortController();
  const waiting = failure(opened(partOf(url), quick, task.signal).bytes());
  const left = opened(partOf(url), quick, task.signal).stream()[Symbol.asyncIterator]();
  await left.next();
  task.abort(new Error('the task has ended'));
  expect(await waiting).toMatchObject({ code: 'CANCELLED' });
  await Promise.all(closed);
  expect(closed).toHaveLength(2);
  await expect(left.next().then(() => left.next())).rejects.toMatchObject({ code: 'CANCELLED' });
});

it('refuses an address that is none, without saying it', async () => {
  for (const url of ['ftp://host/?sig=topsecret', 'not an address topsecret']) {
    const error = await failure(opened(partOf(url)).bytes());
    expect(error).toMatchObject({ code: 'USAGE' });
    expect(String((error as Error).stack)).not.toContain('topsecret');
  }
});
