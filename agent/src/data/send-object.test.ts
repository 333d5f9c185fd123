import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { formRequest, putRequest } from './object-request.js';
import { bytesBody, spooledBody } from './put-body.js';
import { sendObject } from './send-object.js';

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** Answers each request with the next; the last one again and again. */
async function serverOf(...answers: Answer[]): Promise<{ readonly url: string; readonly bodies: string[] }> {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    request.setEncoding('latin1');
    for await (const chunk of request) body += chunk as string;
    bodies.push(body);
    answers[Math.min(bodies.length, answers.length) - 1]!(request, response, body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/bucket/?sig=secret`, bodies };
}

const fine: Answer = (_, response) => response.writeHead(201, { etag: '"e1"' }).end();
const busy: Answer = (_, response) => response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>');
const broken: Answer = request => request.socket.destroy();
const quick = { stallMs: 5000, tries: 3, pauseMs: 1 };
const unending = new AbortController().signal;
const grant = { type: 'form', fields: { policy: 'P', key: 'x' }, prefix: 'p/', largestBytes: 9, expiresAt: 0 } as const;

describe('an object that a task puts', () => {
  test('is a form with the fields first, the key behind the prefix, and the length of it all', async () => {
    const { url, bodies } = await serverOf((request, response, body) => {
      expect(Number(request.headers['content-length'])).toBe(body.length);
      fine(request, response, body);
    });
    const request = formRequest({ ...grant, url }, '0-1', bytesBody(Buffer.from('hello')), 's3://b/p/0-1');
    expect(await sendObject(() => request, unending, quick)).toEqual({ etag: 'e1', tried: 1 });
    const fields = bodies[0]!.split(/\r\n?--megalith-[0-9a-f]+(?:--)?\r\n/).map(part => part.replace(/^--.*\r\n/, ''));
    expect(fields.slice(0, 3)).toEqual([
      'Content-Disposition: form-data; name="key"\r\n\r\np/0-1',
      'Content-Disposition: form-data; name="policy"\r\n\r\nP',
      expect.stringMatching(/name="file"; filename="object"[\s\S]*\r\n\r\nhello$/),
    ]);
  });

  test('is sent again, whole, after a broken connection and a busy store', async () => {
    async function* parts() {
      yield Buffer.from('ab');
      yield Buffer.from('cd');
    }
    const { url, bodies } = await serverOf(broken, busy, fine);
    const body = await spooledBody(parts());
    const [path, query] = url.split('?') as [string, string];
    const request = putRequest(
      { type: 'put', url: path, query, headers: {}, largestBytes: 9, expiresAt: 0 },
      'n',
      body,
      'x',
    );
    expect(request.url).toBe(`${path.replace(/\/$/, '')}/n?sig=secret`);
    expect(await sendObject(() => request, unending, quick)).toEqual({ etag: 'e1', tried: 3 });
    expect(bodies).toEqual(['abcd', 'abcd', 'abcd']);
    await body.close();
  });

  test('has the etag that the answer says in its text, where no header does', async () => {
    const { url } = await serverOf((_, response) =>
      response.writeHead(201).end('<PostResponse><Key>k</Key><ETag>&quot;e2&quot;</ETag></PostResponse>'),
    );
    const request = formRequest({ ...grant, url }, '0-1', bytesBody(Buffer.from('x')), 'x');
    expect(await sendObject(() => request, unending, quick)).toEqual({ etag: 'e2', tried: 1 });
  });

  test.each([
    [
      'is refused',
      (_: unknown, r: ServerResponse) => r.writeHead(403).end('<Code>AccessDenied</Code>'),
      '403 (AccessDenied)',
      1,
    ],
    ['is busy for good', busy, 'tried 3 times: its store answered 503 (SlowDown)', 3],
    ['breaks for good', broken, 'tried 3 times', 3],
    ['says no etag', (_: unknown, r: ServerResponse) => r.writeHead(204).end(), 'which version', 1],
    ['says nothing', () => undefined, 'nothing moved for 100 ms', 3],
  ] as const)('fails where the store %s, and the error has no address in it', async (_, answer, words, requests) => {
    const { url, bodies } = await serverOf(answer as Answer);
    const request = formRequest({ ...grant, url }, '0-1', bytesBody(Buffer.from('x')), 's3://b/p/0-1');
    const timing = { ...quick, stallMs: words.includes('100') ? 100 : 5000 };
    const error = (await sendObject(() => request, unending, timing).catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining(words) });
    expect(error.message).toContain('"s3://b/p/0-1"');
    expect(JSON.stringify(error) + error.message).not.toContain('sig=');
    expect(bodies).toHaveLength(requests);
  });

  test('ends with its task', async () => {
    const ending = new AbortController();
    const { url } = await serverOf(() => ending.abort());
    const request = formRequest({ ...grant, url }, '0-1', bytesBody(Buffer.from('x')), 'x');
    await expect(sendObject(() => request, ending.signal, quick)).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
