import { expect } from 'vitest';
import type { StoragePart } from './define-storage-contract.js';
import { bytesOf, chunked, keysOf, pattern, textOf, utf8 } from './object-bytes.js';

const refused = (code: string) => expect.objectContaining({ code });

export const writing: StoragePart = {
  'what is put is there, whole, and says what it is': async store => {
    const before = Date.now();
    const put = await store.put('jobs/1/result', utf8('hello'));
    expect(put).toMatchObject({ key: 'jobs/1/result', bytes: 5, etag: expect.stringMatching(/^[^"]+$/) });
    expect(Math.abs(put.modifiedAt - before)).toBeLessThan(60_000);
    const head = await store.head('jobs/1/result');
    expect(head).toMatchObject({ key: 'jobs/1/result', bytes: 5, etag: put.etag });
    expect(Math.abs(head!.modifiedAt - put.modifiedAt)).toBeLessThan(60_000);
    expect(await textOf(store, 'jobs/1/result')).toBe('hello');
  },

  'an object may be empty': async store => {
    expect(await store.put('empty', new Uint8Array())).toMatchObject({ bytes: 0 });
    expect(await store.put('empty-stream', chunked(new Uint8Array(), 1))).toMatchObject({ bytes: 0 });
    expect(await textOf(store, 'empty')).toBe('');
    expect(await textOf(store, 'empty-stream')).toBe('');
  },

  'a stream of unknown length becomes an object, in one request or in parts': async store => {
    const small = pattern(100_000);
    expect(await store.put('small', chunked(small, 999))).toMatchObject({ bytes: 100_000 });
    expect(await bytesOf(store, 'small')).toEqual(Buffer.from(small));
    // A part of 16 MiB and a little more.
    const large = pattern(2 ** 24 + 12_345);
    expect(await store.put('large', chunked(large, 3_000_001))).toMatchObject({ bytes: large.length });
    expect(Buffer.compare(await bytesOf(store, 'large'), large)).toBe(0);
  },

  'an etag changes with the content, also when length and moment stay the same': async store => {
    const etags = new Set<string>();
    for (let n = 0; n < 20; n++) etags.add((await store.put('n', utf8(`${n + 10}`))).etag);
    expect(etags.size).toBe(20);
    expect(etags.has((await store.head('n'))!.etag)).toBe(true);
  },

  'the same content has the same etag': async store => {
    const [one, other] = [await store.put('n', utf8('29')), await store.put('m', utf8('29'))];
    expect(other.etag).toBe(one.etag);
  },

  'a key that is taken is not taken again with ifAbsent': async store => {
    await store.put('a', utf8('first'), { ifAbsent: true });
    await expect(store.put('a', utf8('second'), { ifAbsent: true })).rejects.toThrowError(refused('ALREADY_THERE'));
    await expect(store.put('a', chunked(utf8('third'), 2), { ifAbsent: true })).rejects.toThrowError(
      refused('ALREADY_THERE'),
    );
    expect(await textOf(store, 'a')).toBe('first');
  },

  'of many who put one key with ifAbsent at once, one does': async store => {
    const puts = Array.from({ length: 12 }, (_, n) => store.put('race', utf8(`writer ${n}`), { ifAbsent: true }));
    const outcomes = await Promise.allSettled(puts);
    const winners = outcomes.flatMap((outcome, n) => (outcome.status === 'fulfilled' ? [n] : []));
    expect(winners).toHaveLength(1);
    expect(await textOf(store, 'race')).toBe(`writer ${winners[0]}`);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'ALREADY_THERE' });
    }
  },

  'of many who replace one key at once, one remains, whole': async store => {
    const bodies = Array.from({ length: 8 }, (_, n) => new Uint8Array(200_000).fill(n));
    await Promise.all(bodies.map(body => store.put('shared', chunked(body, 50_000))));
    const left = await bytesOf(store, 'shared');
    expect(bodies.filter(body => Buffer.compare(body, left) === 0)).toHaveLength(1);
  },

  'a body that fails leaves what was there, and nothing else': async store => {
    await store.put('kept', utf8('as it was'));
    const failing = async function* () {
      yield utf8('half of');
      throw new RangeError('the source is gone');
    };
    await expect(store.put('kept', failing())).rejects.toThrowError(/the source is gone/);
    await expect(store.put('never', failing())).rejects.toThrowError(/the source is gone/);
    expect(await textOf(store, 'kept')).toBe('as it was');
    expect(await keysOf(store)).toEqual(['kept']);
  },

  'a put ends with its signal, though its body hangs': async store => {
    const abort = new AbortController();
    const hanging = async function* () {
      yield utf8('half of');
      abort.abort(new Error('enough'));
      await new Promise(() => undefined);
    };
    await expect(store.put('never', hanging(), { signal: abort.signal })).rejects.toThrowError(refused('CANCELLED'));
    await expect(store.put('never', utf8('x'), { signal: abort.signal })).rejects.toThrowError(refused('CANCELLED'));
    expect(await keysOf(store)).toEqual([]);
  },

  'what is deleted is gone, and what is not there may be deleted': async store => {
    await Promise.all(['a/1', 'a/2', 'b'].map(key => store.put(key, utf8(key))));
    await store.delete(['a/1', 'never/was', 'b', 'a']);
    await store.delete([]);
    expect(await keysOf(store)).toEqual(['a/2']);
    expect(await store.head('a/1')).toBeUndefined();
    await store.put('a/1', utf8('again'));
    expect(await textOf(store, 'a/1')).toBe('again');
  },

  'what is no key is refused by every call': async store => {
    const noKeys = [
      '',
      '/',
      '/a',
      'a/',
      'a//b',
      '.',
      '..',
      'a/../b',
      '../a',
      './a',
      'a\\b',
      'a\nb',
      '\ud800',
      'k'.repeat(801),
    ];
    for (const key of [...noKeys, '.megalith/about/x']) {
      const usage = expect.objectContaining({ code: 'USAGE' });
      await expect(store.put(key, utf8('x'))).rejects.toThrowError(usage);
      await expect(store.get(key)).rejects.toThrowError(usage);
      await expect(store.head(key)).rejects.toThrowError(usage);
      await expect(store.delete([key])).rejects.toThrowError(usage);
    }
    await expect(keysOf(store, '../')).rejects.toThrowError(refused('USAGE'));
    expect(await keysOf(store)).toEqual([]);
  },
};
