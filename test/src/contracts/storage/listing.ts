import fc from 'fast-check';
import { expect } from 'vitest';
import type { StoragePart } from './define-storage-contract.js';
import { gathered, keysOf, listed, utf8 } from './object-bytes.js';

/** Names that stand on both sides of a slash and of each other, in UTF-8 and in UTF-16. */
const name = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'ab-.0/é~ +%#?&:'), minLength: 1, maxLength: 6 }),
  fc.constantFrom('a', 'a.', 'a-b', 'a0', 'ab', 'A', 'ﬀ', '😀', 'a😀', 'aﬀ', '...', '.a', 'a b', '100%', '%2e%2e'),
);
const isWellMade = (key: string) => key.split('/').every(part => part !== '' && part !== '.' && part !== '..');
const key = fc
  .array(name, { minLength: 1, maxLength: 3 })
  .map(names => names.join('/'))
  .filter(isWellMade);
const byBytes = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other));

/** Without keys that lie below others, which not every store can hold. */
function apart(keys: readonly string[]): string[] {
  const unique = [...new Set(keys)];
  return unique.filter(one => !unique.some(other => one.startsWith(`${other}/`)));
}

export const listing: StoragePart = {
  'keys come in the order of their bytes, whatever is in them': async store => {
    const some = fc.uniqueArray(key, { minLength: 1, maxLength: 12 }).map(apart);
    await fc.assert(
      fc.asyncProperty(some, fc.nat(), async (keys, cut) => {
        await store.delete(await keysOf(store));
        await Promise.all(keys.map(each => store.put(each, utf8(each))));
        const sorted = keys.toSorted(byBytes);
        expect(await keysOf(store)).toEqual(sorted);
        const [...letters] = sorted[0]!;
        const prefix = letters.slice(0, cut % (letters.length + 1)).join('');
        if (!/(^|\/)$/.test(prefix) || prefix === '' || isWellMade(prefix.slice(0, -1))) {
          expect(await keysOf(store, prefix)).toEqual(sorted.filter(each => each.startsWith(prefix)));
        }
        for (const each of keys) expect(await store.head(each)).toMatchObject({ key: each });
      }),
      { numRuns: 12, examples: [[['a', 'a-b', ' b ', 'a0/x', 'ab', 'A'], 1]] },
    );
  },

  'a listing says of each what a look at it says': async store => {
    const put = await store.put('a/b', utf8('hello'));
    const [only, ...others] = await listed(store, 'a');
    expect(only).toMatchObject({ key: 'a/b', bytes: 5, etag: put.etag });
    expect(Math.abs(only!.modifiedAt - put.modifiedAt)).toBeLessThan(60_000);
    expect(others).toEqual([]);
  },

  'more objects than one page has are all listed, and all deleted at once': async (store, { pageObjects }) => {
    const keys = Array.from({ length: pageObjects * 2 + 10 }, (_, n) => `many/${String(n).padStart(5, '0')}`);
    await Promise.all(keys.map(each => store.put(each, utf8('x'))));
    expect(await keysOf(store, 'many/')).toEqual(keys);
    await store.delete(keys);
    expect(await keysOf(store)).toEqual([]);
  },

  'a listing of nothing is empty': async store => {
    expect(await keysOf(store)).toEqual([]);
    expect(await keysOf(store, 'a/b')).toEqual([]);
  },

  'a listing that is left early harms nobody, and one that was aborted ends': async store => {
    await Promise.all(Array.from({ length: 40 }, (_, n) => store.put(`k${n}`, utf8('x'))));
    for await (const object of store.list()) {
      expect(object.key).toBe('k0');
      break;
    }
    const signal = AbortSignal.abort(new Error('enough'));
    const read = async () => gathered(store.list('', { signal }));
    await expect(read()).rejects.toThrowError(expect.objectContaining({ code: 'CANCELLED' }));
  },
};
