import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { admittedBlock } from './own-address.js';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  }
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe('the addresses that may connect', () => {
  test('are those of the config, and nobody is asked', async () => {
    const url = await serve(() => expect.unreachable());
    expect(await admittedBlock('198.51.100.9/24', { url })).toMatchObject({ text: '198.51.100.0/24', family: 4 });
    await expect(admittedBlock('the office', { url })).rejects.toMatchObject({ code: 'CONFIG' });
  });

  test.each([
    ['203.0.113.7\n', '203.0.113.7/32'],
    ['2001:db8::7', '2001:db8::7/128'],
  ])('are the one that the service tells: %j', async (reply, block) => {
    const url = await serve((_, response) => response.end(reply));
    expect((await admittedBlock(undefined, { url })).text).toBe(block);
  });

  test.each<[string, RequestListener, RegExp]>([
    ['a page', (_, response) => response.end('<html>Please log in</html>'), /not an address.*Please log in/],
    ['a block, even of everything', (_, response) => response.end('0.0.0.0/0'), /not an address/],
    ['an endless page', (_, response) => void response.write('1'.repeat(100_000)), /not an address/],
    ['a status', (_, response) => response.writeHead(503).end('203.0.113.7'), /status 503/],
    [
      'a redirect, even to an address',
      (request, response) =>
        request.url === '/login' ? response.end('203.0.113.9') : response.writeHead(302, { location: '/login' }).end(),
      /redirect/,
    ],
    ['the end of the connection', request => request.socket.destroy(), /does not tell/],
  ])('are not known where the service answers with %s', async (_, answer, message) => {
    const url = await serve(answer);
    const error = await admittedBlock(undefined, { url }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CLOUD_FAILED', hint: expect.stringContaining('`admit`') });
    expect((error as Error).message).toMatch(message);
  });

  test('are given up on after the deadline, and when cancelled', async () => {
    const url = await serve(() => undefined);
    await expect(admittedBlock(undefined, { url, timeoutMs: 50 })).rejects.toMatchObject({
      code: 'CLOUD_FAILED',
      message: expect.stringContaining('no answer within 50 ms'),
    });
    await expect(admittedBlock(undefined, { url, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });
});
