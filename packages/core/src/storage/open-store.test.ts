import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FsStore } from './fs-store.js';
import { labelOfStored, openStore, registerStorage, requireStoreClearance } from './open-store.js';

const refused = (code: string, message?: string) =>
  expect.objectContaining({ code, ...(message === undefined ? {} : { message }) });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'megalith-open-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a folder is opened by its path and by its URL, and carries the name and the clearance of the config', async () => {
  const path = join(folder, 'with space');
  for (const url of [path, pathToFileURL(path).href]) {
    const store = await openStore({ name: 'spill', url, clearance: 'confidential' });
    expect(store).toMatchObject({ name: 'spill', clearance: 'confidential', url: pathToFileURL(path).href });
    await store.put('a', new Uint8Array(3));
    expect(await store.head('a')).toMatchObject({ bytes: 3 });
    expect(store.presign).toBeUndefined();
  }
});

test('a store takes nothing above its clearance, whoever asks', async () => {
  const store = await openStore({ name: 'spill', url: folder, clearance: 'internal' });
  const said = '"a" is confidential, and store "spill" is cleared for internal data only';
  await expect(store.put('a', new Uint8Array(1), { label: 'confidential' })).rejects.toThrowError(
    refused('POLICY', said),
  );
  expect(await store.head('a')).toBeUndefined();
  await store.put('a', new Uint8Array(1), { label: 'internal' });
  expect(() => requireStoreClearance('restricted', store, 'align')).toThrowError(
    '"align" is restricted, and store "spill" is cleared for internal data only',
  );
  requireStoreClearance('internal', store, 'align');
  expect(labelOfStored({}, store)).toBe('internal');
  expect(labelOfStored({ label: 'public' }, store)).toBe('public');
});

test('a store from outside is known by its scheme', async () => {
  registerStorage('test-memory', ({ url }) => new FsStore(join(folder, new URL(url).hostname)));
  const store = await openStore({ name: 'x', url: 'test-memory://lab', clearance: 'public' });
  await store.put('k', new Uint8Array(2));
  expect(await new FsStore(join(folder, 'lab')).head('k')).toMatchObject({ bytes: 2 });
});

test('stores in Redis and Azure connect to nothing when they are opened, and show no password', async () => {
  for (const [url, shown] of [
    ['redis://me:hidden@lab.example', 'redis://lab.example/0'],
    ['rediss://lab.example:7000/2?prefix=a', 'rediss://lab.example:7000/2?prefix=a'],
    ['azure://account/con-tainer/some/prefix/', 'azure://account/con-tainer/some/prefix'],
  ] as const) {
    const store = await openStore({ name: 'x', url, clearance: 'public' });
    expect(store.url).toBe(shown);
    expect(store.grant === undefined).toBe(shown.startsWith('redis'));
    store.close();
  }
});

test('what names no store is refused, with what there is', async () => {
  await expect(openStore({ name: 'x', url: 'ftp://there/a', clearance: 'public' })).rejects.toThrowError(
    expect.objectContaining({
      code: 'NOT_CONFIGURED',
      hint: expect.stringContaining('azure://, file://, redis://, rediss://, s3://'),
    }),
  );
  const bad = [
    's3://',
    's3://UPPER/x',
    's3://bucket//x',
    's3://bucket/../x',
    'file://elsewhere/x',
    'redis://',
    'rediss://h/x',
  ];
  for (const url of [
    ...bad,
    'azure://account',
    'azure://account/UPPER',
    'azure://account/one--two',
    'azure://account/container//x',
  ]) {
    await expect(openStore({ name: 'x', url, clearance: 'public' })).rejects.toThrowError(refused('CONFIG'));
  }
});
