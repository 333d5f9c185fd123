import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type OpenStore, openStore } from '../storage/open-store.js';
import { type CleanLimits, cleanStore } from './clean-store.js';
import { contentOfKey, isPast, jobOfKey, prefixOf } from './key-layout.js';

const dayMs = 86_400_000;
const random = '0123456789abcdef';
let folder: string;
let store: OpenStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'megalith-clean-'));
  store = await openStore({ name: 'test', url: folder });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function put(...keys: string[]): Promise<void> {
  for (const key of keys) await store.put(key, new Uint8Array(3));
}

async function left(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list()) keys.push(key);
  return keys;
}

const limits: CleanLimits = {
  olderThanMs: 7 * dayMs,
  now: Date.now() + 8 * dayMs,
  isRunning: async job => job === 'runs',
  dryRun: false,
};

describe('cleaning a store', () => {
  test("removes objects of old jobs and those whose time is over, and nothing that is not named as tasks' objects are", async () => {
    const gone = [`jobs/old/0-1-1-v${random}`, `jobs/old/12-2-3-b${random}-name.csv`, `ttl/100/x/client-1-v${random}`];
    const kept = [
      `jobs/runs/0-1-1-v${random}`,
      'jobs/old/mine.csv',
      `jobs/old/deeper/0-1-1-v${random}`,
      `kept/old/0-1-1-v${random}`,
      `ttl/99999/x/client-1-v${random}`,
      'ttl/1/mine',
      `mine/0-1-1-v${random}`,
    ];
    await put(...gone, ...kept);
    const told: string[] = [];
    const onObject = ({ key }: { key: string }) => told.push(key);
    expect(await cleanStore(store, { ...limits, dryRun: true, onObject })).toEqual({ objects: 3, bytes: 9 });
    expect([told, (await left()).length]).toEqual([gone, 10]);
    expect(await cleanStore(store, limits)).toEqual({ objects: 3, bytes: 9 });
    expect(await left()).toEqual(kept.sort());
    expect(await cleanStore(store, limits)).toEqual({ objects: 0, bytes: 0 });
  });

  test('leaves all of a job whose newest object is young', async () => {
    await put(`jobs/a/0-1-1-v${random}`);
    expect(await cleanStore(store, { ...limits, now: Date.now() + 6 * dayMs })).toEqual({ objects: 0, bytes: 0 });
  });

  test('of jobs that are named removes all at once, and nothing of others', async () => {
    await put(`jobs/runs/0-1-1-v${random}`, `jobs/runs2/0-1-1-v${random}`);
    await cleanStore(store, { ...limits, now: Date.now(), jobs: ['runs'] });
    expect(await left()).toEqual([`jobs/runs2/0-1-1-v${random}`]);
  });
});

describe('the key of an object', () => {
  test('says how long it stays', () => {
    const now = 1000 * dayMs + 5;
    expect(['job', 'pinned', '2d', dayMs].map(keep => prefixOf(keep, 'j', now))).toEqual([
      'jobs/j/',
      'kept/j/',
      'ttl/1002/j/',
      'ttl/1001/j/',
    ]);
    const key = `${prefixOf('2d', 'j', now)}0-1-1-v${random}`;
    expect([now + 2 * dayMs, 1003 * dayMs - 1, 1003 * dayMs].map(at => isPast(key, at))).toEqual([false, false, true]);
    expect(() => prefixOf(0, 'j', now)).toThrowError(expect.objectContaining({ code: 'USAGE' }));
  });

  test('says whose it is and what it holds', () => {
    expect(jobOfKey(`jobs/j/0-1-1-b${random}-n`)).toBe('j');
    expect(['a', `jobs/j/0-1-1-x${random}`, 'jobs/j/0-1-1-b1'].map(jobOfKey)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect([`0-1-1-b${random}-v${random}`, `0-1-1-v${random}`, 'a'].map(contentOfKey)).toEqual([
      'bytes',
      'value',
      undefined,
    ]);
  });
});
