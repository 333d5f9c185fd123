import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { type OpenStore, openStore } from '@megalith/core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { eventually, within } from '../conformance/eventually.js';
import { bytesOf, chunked, gathered, keysOf, pattern, textOf, utf8 } from '../contracts/storage/object-bytes.js';
import { type RunningRedis, redisIsThere, redisPassword, startRedis } from '../contracts/storage/start-redis.js';

/** Three pieces. */
const large = pattern(9 * 2 ** 20);

/** Puts two pieces of an object, and then waits for the rest. */
const putting = `
  import { openStore } from '@megalith/core';
  const store = await openStore({ name: 'test', url: process.argv[1], clearance: 'restricted' });
  setInterval(() => {}, 1000);
  await store.put('a/half', (async function* () {
    for (let n = 0; n < 9; n++) yield new Uint8Array(2 ** 20).fill(n);
    await new Promise(() => {});
  })());
`;

/** Passes everything on, but for every other answer to EXEC: then it cuts the connection. */
async function losingAnswers(port: number) {
  let steps = 0;
  let lost = 0;
  const proxy = createServer(client => {
    const server = connect(port, '127.0.0.1');
    let isLosing = false;
    client.on('data', (data: Buffer) => {
      isLosing ||= data.includes('EXEC') && steps++ % 2 === 0;
      server.write(data);
    });
    server.on('data', (data: Buffer) => {
      if (!isLosing) return void client.write(data);
      lost++;
      client.destroy();
    });
    client.on('error', () => undefined).on('close', () => server.destroy());
    server.on('error', () => undefined).on('close', () => client.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const close = async () => {
    proxy.close();
  };
  return { url: `redis://127.0.0.1:${(proxy.address() as AddressInfo).port}`, lost: () => lost, close };
}

describe.skipIf(!redisIsThere())('a store in Redis', () => {
  let redis: RunningRedis;
  const stores: OpenStore[] = [];
  beforeAll(async () => {
    process.env.REDIS_PASSWORD = redisPassword;
    redis = await startRedis();
  });
  afterEach(() => {
    for (const store of stores.splice(0)) store.close();
    redis.ask('FLUSHALL');
  });
  afterAll(() => redis?.close());

  const opened = async () => {
    const store = await openStore({ name: 'test', url: redis.url, clearance: 'restricted' });
    stores.push(store);
    return store;
  };
  const pieces = () => redis.ask('KEYS', 'megalith:data:*').split('\n').filter(Boolean);

  test('of a put whose client was killed nothing is seen, what it left goes by itself, and a repeat does it', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', putting, redis.url], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await eventually('two pieces are there', () => pieces().length >= 2);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const store = await opened();
    expect(await keysOf(store)).toEqual([]);
    expect(await store.head('a/half')).toBeUndefined();
    for (const piece of pieces()) expect(Number(redis.ask('PTTL', piece))).toBeGreaterThan(0);
    await store.put('a/half', chunked(large, 2 ** 20));
    expect(Buffer.compare(await bytesOf(store, 'a/half'), large)).toBe(0);
  });

  test('a put whose answer is lost is put once, and is no failure', async () => {
    const proxy = await losingAnswers(redis.port);
    const store = await openStore({ name: 'test', url: proxy.url, clearance: 'restricted' });
    stores.push(store);
    try {
      const first = await store.put('a', utf8('first'), { ifAbsent: true });
      expect(await store.head('a')).toMatchObject({ etag: first.etag });
      await store.put('a', utf8('second'));
      expect(await textOf(store, 'a')).toBe('second');
      expect(proxy.lost()).toBe(2);
      expect(pieces()).toHaveLength(1);
    } finally {
      await proxy.close();
    }
  });

  test('a server that is killed in the middle of a put has the object of before, and not half of the new one', async () => {
    const store = await opened();
    await store.put('a', utf8('as it was'));
    const body = async function* () {
      yield* chunked(large, 2 ** 20);
      await redis.kill();
      yield large;
    };
    await expect(within(40_000, 'the put', store.put('a', body()))).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining(`${redis.url}/0 failed to put "a"`),
    });
    redis = await startRedis(redis);
    expect(await textOf(store, 'a')).toBe('as it was');
    expect(await keysOf(store)).toEqual(['a']);
    await store.put('a', chunked(large, 2 ** 20));
    expect(Buffer.compare(await bytesOf(store, 'a'), large)).toBe(0);
  });

  test('one that is gone is named by every call, soon, and nothing shows the password', async () => {
    const store = await opened();
    await store.put('a', large);
    const read = await store.get('a');
    await redis.kill();
    const calls = [
      () => store.put('a', utf8('x')),
      () => store.get('a'),
      () => store.head('a'),
      () => store.delete(['a']),
      () => keysOf(store),
      () => gathered(read),
    ];
    const outcomes = await within(40_000, 'all calls', Promise.allSettled(calls.map(call => call())));
    redis = await startRedis(redis);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        reason: { code: 'STORE_FAILED', message: expect.stringContaining(`${redis.url}/0`) },
      });
      expect(JSON.stringify(outcome)).not.toContain(redisPassword);
    }
  });

  test('a password that is wrong, or missing, is said, and not shown', async () => {
    const wrong = redis.url.replace('//', '//:hidden@');
    const store = await openStore({ name: 'test', url: wrong, clearance: 'restricted' });
    stores.push(store);
    expect(store.url).toBe(`${redis.url}/0`);
    const refused = await store.head('a').catch((error: Error) => error);
    expect(refused).toMatchObject({ code: 'NO_CREDENTIALS', hint: expect.stringContaining('REDIS_PASSWORD') });
    expect(`${JSON.stringify(refused)} ${(refused as Error).stack}`).not.toContain('hidden');
  });

  test('what is replaced or removed is freed, large objects a minute later, for those who read them', async () => {
    const store = await opened();
    await store.put('small', utf8('one'));
    await store.put('small', utf8('two'));
    expect(pieces()).toHaveLength(1);
    await store.put('large', large);
    const reading = await store.get('large');
    await store.put('large', utf8('small now'));
    const deadlines = pieces().map(piece => Number(redis.ask('PTTL', piece)));
    expect(deadlines.filter(ms => ms > 0 && ms <= 60_000)).toHaveLength(3);
    expect(Buffer.compare(Buffer.concat(await gathered(reading)), large)).toBe(0);
    await store.delete(['small', 'large']);
    expect(pieces()).toHaveLength(3);
    expect(redis.ask('ZCARD', 'megalith:index')).toBe('0');
  });

  test('a reader that is slower than that learns that the object is another one now', async () => {
    const store = await opened();
    await store.put('a', large);
    const reading = await store.get('a');
    await store.put('a', utf8('new'));
    for (const piece of pieces()) if (Number(redis.ask('PTTL', piece)) > 0) redis.ask('DEL', piece);
    await expect(gathered(reading)).rejects.toMatchObject({ code: 'DATA_CHANGED' });
  });

  test('an object of which the server forgot a piece is no object that ends early', async () => {
    const store = await opened();
    await store.put('a', large);
    redis.ask('DEL', ...pieces().slice(0, 1));
    const read = async () => bytesOf(store, 'a');
    await expect(read()).rejects.toMatchObject({ code: 'STORE_FAILED', hint: expect.stringContaining('noeviction') });
  });

  test('a server without memory left says so, and keeps what it has', async () => {
    const store = await opened();
    await store.put('a', utf8('kept'));
    redis.ask('CONFIG', 'SET', 'maxmemory', '1000000');
    try {
      await expect(store.put('b', utf8('more'))).rejects.toMatchObject({ code: 'DISK_FULL' });
      expect(await textOf(store, 'a')).toBe('kept');
      expect(await keysOf(store)).toEqual(['a']);
    } finally {
      redis.ask('CONFIG', 'SET', 'maxmemory', '0');
    }
  });
});
