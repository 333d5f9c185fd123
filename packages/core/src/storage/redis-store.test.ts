import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { redisTuning } from './redis-client.js';
import { RedisStore } from './redis-store.js';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

/** A server that says what a test wants to whatever it hears. */
async function storeOn(answer: (socket: Socket, heard: string) => void, tuning = redisTuning) {
  const sockets = new Set<Socket>();
  const server = createServer(socket => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.on('data', data => answer(socket, data.toString()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  const { port } = server.address() as AddressInfo;
  const store = new RedisStore(`redis://me:hidden@127.0.0.1:${port}`, tuning);
  open.push(store, { close });
  return { store, sockets };
}

const hello = '%1\r\n+proto\r\n:3\r\n';

// Loading it takes longer than a deadline here, where much else runs.
beforeAll(() => import('@redis/client'));

test('a server that hangs is named when the deadline is over, and asked on a new connection afterwards', async () => {
  let isAwake = false;
  const { store, sockets } = await storeOn(
    (socket, heard) => {
      if (heard.includes('HELLO')) socket.write(hello);
      if (heard.includes('GET') && isAwake) socket.write('_\r\n');
    },
    { ...redisTuning, callMs: 1000 },
  );
  await expect(store.head('a')).rejects.toMatchObject({
    code: 'STORE_FAILED',
    message: `it took more than 1s to look for "a" in ${store.url}`,
  });
  expect(sockets.size).toBeLessThanOrEqual(1);
  isAwake = true;
  expect(await store.head('a')).toBeUndefined();
});

test('one that does not even greet is said to', async () => {
  const { store, sockets } = await storeOn(() => undefined, { ...redisTuning, connectMs: 20 });
  await expect(store.put('a', new Uint8Array(1))).rejects.toMatchObject({
    code: 'STORE_FAILED',
    message: `${store.url} failed to put "a": it did not greet within 20 ms`,
  });
  await vi.waitFor(() => expect(sockets.size).toBe(0));
  const abort = new AbortController();
  const waiting = store.head('a', { signal: abort.signal });
  abort.abort(new Error('enough'));
  await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
});

test('a server that repeats the password in its refusal does not make us show it', async () => {
  const { store } = await storeOn(socket =>
    socket.write("-ERR unknown command 'HELLO', with args beginning with: '3' 'AUTH' 'me' 'hidden'\r\n"),
  );
  const refused = await store.head('a').catch((error: Error) => error);
  expect(refused).toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('that is not shown') });
  expect(`${JSON.stringify(refused)} ${(refused as Error).stack}`).not.toContain('hidden');
  expect((refused as Error).cause).toBeUndefined();
});

test('what others wrote under the name of an object is not taken for one', async () => {
  const { store } = await storeOn((socket, heard) => {
    if (heard.includes('HELLO')) socket.write(hello);
    if (heard.includes('GET')) socket.write('$5\r\nhello\r\n');
  });
  await expect(store.head('a')).rejects.toMatchObject({
    code: 'STORE_FAILED',
    hint: expect.stringContaining('another prefix'),
  });
});

test.each([
  ['MOVED 1 10.0.0.1:6379', 'STORE_FAILED', 'a cluster'],
  ['READONLY You can not write against a read only replica.', 'STORE_FAILED', 'a replica'],
  ['NOPERM no permissions', 'NO_CREDENTIALS', 'rights'],
  ['OOM command not allowed', 'DISK_FULL', 'maxmemory'],
])('what a server refuses with "%s" is explained', async (said, code, hint) => {
  const { store } = await storeOn((socket, heard) => {
    if (heard.includes('HELLO')) socket.write(hello);
    if (heard.includes('GET')) socket.write(`-${said}\r\n`);
  });
  await expect(store.head('a')).rejects.toMatchObject({ code, hint: expect.stringContaining(hint) });
});
