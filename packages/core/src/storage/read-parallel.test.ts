import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FsStore } from './fs-store.js';
import { readParallel } from './read-parallel.js';
import type { Storage } from './storage.js';

let folder: string;
let store: FsStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'megalith-parallel-'));
  store = new FsStore(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function all(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const list: Uint8Array[] = [];
  for await (const chunk of chunks) list.push(chunk);
  return Buffer.concat(list).toString('latin1');
}

it('gives all bytes in order, whatever the sizes', async () => {
  const sizes = fc.record({
    bytes: fc.nat(60),
    partBytes: fc.integer({ min: 1, max: 20 }),
    connections: fc.integer({ min: 1, max: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(sizes, async ({ bytes, ...options }) => {
      const text = 'abcdefghijklmnopqrstuvwxyz0123456789'.repeat(2).slice(0, bytes);
      await store.put('a', Buffer.from(text));
      expect(await all(await readParallel(store, 'a', bytes, options))).toBe(text);
    }),
    { numRuns: 60 },
  );
});

it('has several requests under way, and no more than it may', async () => {
  await store.put('a', Buffer.alloc(100));
  let open = 0;
  let most = 0;
  const counting: Pick<Storage, 'get' | 'url'> = {
    url: store.url,
    get: async (key, options) => {
      most = Math.max(most, ++open);
      const bytes = await store.get(key, options);
      open -= 1;
      return bytes;
    },
  };
  await all(await readParallel(counting, 'a', 100, { partBytes: 10, connections: 3 }));
  expect(most).toBe(3);
});

it('refuses an object that is replaced while it is read, and ends with its signal', async () => {
  await store.put('a', Buffer.alloc(100, 1));
  const reading = await readParallel(store, 'a', 100, { partBytes: 10, connections: 1 });
  await store.put('a', Buffer.alloc(100, 2));
  await expect(all(reading)).rejects.toMatchObject({ code: 'DATA_CHANGED' });
  const end = new AbortController();
  const ended = await readParallel(store, 'a', 100, { partBytes: 10, signal: end.signal });
  end.abort();
  await expect(all(ended)).rejects.toMatchObject({ code: 'CANCELLED' });
  await expect(readParallel(store, 'b', 100, { partBytes: 10 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
