import { expect } from 'vitest';
import type { StoragePart } from './define-storage-contract.js';
import { textOf, utf8 } from './object-bytes.js';

export const urls: StoragePart = {
  'whoever has a URL reads one object, if the store can make URLs': async store => {
    if (store.presign === undefined) return;
    await store.put('a b/ü.txt', utf8('hello'));
    const read = await fetch(await store.presign('a b/ü.txt', 'GET', 60_000), { signal: AbortSignal.timeout(10_000) });
    expect(await read.text()).toBe('hello');
  },

  'with a URL for reading, a part is read of the object that is meant, or of none': async store => {
    if (store.presign === undefined) return;
    const { etag } = await store.put('a', utf8('hello'));
    const url = await store.presign('a', 'GET', 60_000);
    const ask = (headers: Record<string, string>) => fetch(url, { headers, signal: AbortSignal.timeout(10_000) });
    const part = await ask({ range: 'bytes=1-3', 'if-match': `"${etag}"` });
    expect([part.status, await part.text()]).toEqual([206, 'ell']);
    const other = await ask({ range: 'bytes=1-3', 'if-match': '"another"' });
    await other.body?.cancel();
    expect(other.status).toBe(412);
  },

  'whoever has a URL writes one object, if the store can make URLs': async store => {
    if (store.presign === undefined) return;
    const url = await store.presign('made/there', 'PUT', 60_000, 'confidential');
    const body = utf8('from there');
    const written = await fetch(url, { method: 'PUT', body, signal: AbortSignal.timeout(10_000) });
    expect(written.status).toBe(200);
    await written.body?.cancel();
    expect(await textOf(store, 'made/there')).toBe('from there');
    expect(await store.head('made/there')).toMatchObject({ label: 'confidential', bytes: 10 });
  },

  'a URL lasts from a second to seven days': async store => {
    if (store.presign === undefined) return;
    for (const expiresMs of [0, 999, 8 * 24 * 3600_000, Number.NaN]) {
      await expect(store.presign('a', 'GET', expiresMs)).rejects.toThrowError(
        expect.objectContaining({ code: 'USAGE' }),
      );
    }
  },
};
