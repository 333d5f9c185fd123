import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pathLabels } from '../labels/path-labels.js';
import { type CopyOptions, copyObjects } from './copy-objects.js';
import type { CopyPlace } from './open-location.js';
import { type OpenStore, openStore } from './open-store.js';

let folder: string;
let store: OpenStore;
let options: CopyOptions;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'megalith-copy-'));
  store = await openStore({ name: 'lab', url: join(folder, 'store'), clearance: 'confidential' });
  options = { home: join(folder, 'home'), hereClearance: 'restricted' };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const here = (...names: string[]): CopyPlace => ({ path: join(folder, ...names) });
const there = (key: string): CopyPlace => ({ store, key });
const write = (name: string, text: string): void => {
  mkdirSync(join(folder, name, '..'), { recursive: true });
  writeFileSync(join(folder, name), text);
};
const read = (...names: string[]): string => readFileSync(join(folder, ...names), 'utf8');

describe('copying', () => {
  it('takes a folder there and back as it was', async () => {
    write('in/a', 'A');
    write('in/deep/b', '');
    const recursive = { ...options, recursive: true };
    expect(await copyObjects(here('in'), there('run/'), recursive)).toMatchObject({ objects: 2, bytes: 1 });
    expect(await copyObjects(there('run'), here('out'), recursive)).toMatchObject({ objects: 2, bytes: 1 });
    expect([read('out', 'a'), read('out', 'deep', 'b')]).toEqual(['A', '']);
  });

  it('keeps the name where the target is a folder, and else gives it another', async () => {
    write('a', 'A');
    await copyObjects(here('a'), there('run/'), options);
    await copyObjects(there('run/a'), there('b'), options);
    mkdirSync(join(folder, 'out'));
    await copyObjects(there('b'), here('out'), options);
    await copyObjects(there('b'), here('c'), options);
    expect([read('out', 'b'), read('c')]).toEqual(['A', 'A']);
  });

  it('keeps labels, in stores and on files', async () => {
    await store.put('a', Buffer.from('A'), { label: 'confidential' });
    await copyObjects(there('a'), here('a'), options);
    expect(await pathLabels([join(folder, 'a')], options.home)).toMatchObject([{ label: 'confidential' }]);
    await copyObjects(here('a'), there('again'), options);
    expect(await store.head('again')).toMatchObject({ label: 'confidential' });
  });

  it('brings nothing to a store or a machine that is not cleared for it', async () => {
    await store.put('a', Buffer.from('A'), { label: 'confidential' });
    const open = await openStore({ name: 'open', url: join(folder, 'open'), clearance: 'public' });
    const refused = { code: 'POLICY' };
    await expect(copyObjects(there('a'), { store: open, key: 'a' }, options)).rejects.toMatchObject(refused);
    expect(await open.head('a')).toBeUndefined();
    await expect(copyObjects(there('a'), here('a'), { ...options, hereClearance: 'internal' })).rejects.toMatchObject(
      refused,
    );
    expect(readdirSync(folder)).not.toContain('a');
  });

  it.each([
    ['NOT_FOUND', 'no', {}],
    ['NOT_FOUND', 'no/', { recursive: true }],
    ['USAGE', 'run/', {}],
  ])('of nothing to copy is %s (%s)', async (code, key, more) => {
    await expect(copyObjects(there(key), here('out'), { ...options, ...more })).rejects.toMatchObject({ code });
    await expect(copyObjects(here(key), there('out'), { ...options, ...more })).rejects.toMatchObject({
      code: key === 'run/' ? 'NOT_FOUND' : code,
    });
  });

  it('leaves nothing half copied where it is cancelled or fails', async () => {
    const cut: CopyPlace = {
      store: {
        ...store,
        head: async () => ({ key: 'a', bytes: 2, etag: '1', modifiedAt: 0 }),
        get: async () =>
          Object.assign(
            (async function* () {
              yield Buffer.from('A');
              throw new Error('cut');
            })(),
            { object: { key: 'a', bytes: 2, etag: '1', modifiedAt: 0 } },
          ),
      },
      key: 'a',
    };
    await expect(copyObjects(cut, here('out', 'a'), options)).rejects.toThrow(/cut/);
    await expect(copyObjects(cut, there('a'), options)).rejects.toThrow(/cut/);
    expect(readdirSync(join(folder, 'out'))).toEqual([]);
    expect(await store.head('a')).toBeUndefined();
    write('in/a', 'A');
    await expect(
      copyObjects(here('in'), there('in/'), { ...options, recursive: true, signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
