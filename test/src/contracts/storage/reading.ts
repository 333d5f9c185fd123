import fc from 'fast-check';
import { expect } from 'vitest';
import type { StoragePart } from './define-storage-contract.js';
import { bytesOf, chunked, gathered, pattern, textOf, utf8 } from './object-bytes.js';

const refused = (code: string) => expect.objectContaining({ code });

export const reading: StoragePart = {
  'what is not there is not found': async store => {
    await store.put('a/b', utf8('x'));
    expect(await store.head('a/c')).toBeUndefined();
    expect(await store.head('a')).toBeUndefined();
    expect(await store.head('a/b/c')).toBeUndefined();
    for (const key of ['a/c', 'a', 'a/b/c', 'nothing/here']) {
      await expect(store.get(key)).rejects.toThrowError(refused('NOT_FOUND'));
    }
  },

  'any range gives what lies in it': async store => {
    const bytes = pattern(5000);
    await store.put('object', bytes);
    const ends = fc.tuple(fc.nat(5500), fc.option(fc.nat(5500), { nil: undefined }));
    await fc.assert(
      fc.asyncProperty(ends, async ([start, length]) => {
        const range = length === undefined ? { start } : { start, end: start + length };
        const read = await bytesOf(store, 'object', { range });
        expect(read).toEqual(Buffer.from(bytes.subarray(start, length === undefined ? undefined : start + length + 1)));
      }),
      { numRuns: 40 },
    );
    expect(await textOf(store, 'object', { range: { start: 5000 } })).toBe('');
    expect(await bytesOf(store, 'object', { range: { start: 4999, end: 4999 } })).toHaveLength(1);
  },

  'no range of an empty object gives anything': async store => {
    await store.put('empty', new Uint8Array());
    for (const range of [{ start: 0 }, { start: 0, end: 0 }, { start: 1 }]) {
      expect(await textOf(store, 'empty', { range })).toBe('');
    }
  },

  'a part comes with the object that it is of': async store => {
    const put = await store.put('object', pattern(5000), { label: 'confidential' });
    const { object } = await store.get('object', { range: { start: 10, end: 19 } });
    expect(object).toMatchObject({ key: 'object', bytes: 5000, etag: put.etag, label: 'confidential' });
    const behind = await store.get('object', { range: { start: 6000 } });
    expect(behind.object).toMatchObject({ bytes: 5000, etag: put.etag, label: 'confidential' });
  },

  'what is no range is refused': async store => {
    await store.put('a', utf8('text'));
    for (const range of [{ start: -1 }, { start: 2, end: 1 }, { start: 0.5 }, { start: Number.NaN }]) {
      await expect(store.get('a', { range })).rejects.toThrowError(refused('USAGE'));
    }
  },

  'who reads goes on with what was there, though it is replaced or deleted': async store => {
    const large = pattern(4_000_000);
    await store.put('object', large);
    const replaced = await store.get('object');
    await store.put('object', utf8('new'));
    const deleted = await store.get('object');
    await store.delete(['object']);
    expect(Buffer.compare(Buffer.concat(await gathered(replaced)), large)).toBe(0);
    expect(Buffer.concat(await gathered(deleted)).toString()).toBe('new');
  },

  'who stops in the middle harms nobody': async store => {
    const large = pattern(4_000_000);
    await store.put('object', chunked(large, 1_000_000));
    for (let n = 0; n < 10; n++) {
      for await (const chunk of await store.get('object')) {
        expect(chunk.length).toBeGreaterThan(0);
        break;
      }
    }
    expect(await bytesOf(store, 'object')).toHaveLength(4_000_000);
  },

  'reading ends with its signal': async store => {
    await store.put('object', pattern(4_000_000));
    const abort = new AbortController();
    const read = async () => {
      for await (const _ of await store.get('object', { signal: abort.signal })) abort.abort(new Error('enough'));
    };
    await expect(read()).rejects.toThrowError(refused('CANCELLED'));
    await expect(store.get('object', { signal: abort.signal })).rejects.toThrowError(refused('CANCELLED'));
    await expect(store.head('object', { signal: abort.signal })).rejects.toThrowError(refused('CANCELLED'));
  },
};
