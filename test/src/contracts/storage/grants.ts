import { type CloudObject, TaskStorage } from '@megalith/agent';
import { expect } from 'vitest';
import type { StoragePart } from './define-storage-contract.js';
import { textOf, utf8 } from './object-bytes.js';

const unending = new AbortController().signal;

export const grants: StoragePart = {
  'tasks put objects under a prefix, whole and with its label, and read them, if the store lets them': async store => {
    const { grant, presign } = store;
    if (grant === undefined) return;
    const [prefix, label] = ['jobs/x/', 'confidential'] as const;
    const urls = new Map<string, string>();
    const urlOf = ({ key }: CloudObject): string | undefined => urls.get(key);
    const storage = { grant: await grant(prefix, 60_000, label), store: store.url, prefix, label };
    const task = new TaskStorage({ index: 3, attempt: 1 }, storage, urlOf, unending);
    async function* pieces(): AsyncGenerator<Uint8Array> {
      yield utf8('in ');
      yield utf8('pieces');
    }
    const put = [await task.put(utf8('bytes')), await task.put(pieces(), { name: 'n' }), await task.put(utf8(''))];
    for (const [at, text] of ['bytes', 'in pieces', ''].entries()) {
      const object = put[at]!;
      expect(object.key).toMatch(/^jobs\/x\/3-1-/);
      expect(await store.head(object.key)).toMatchObject({ label, bytes: object.bytes, etag: object.etag });
      expect(await textOf(store, object.key)).toBe(text);
      if (presign !== undefined) urls.set(object.key, await presign(object.key, 'GET', 60_000));
      expect(Buffer.from(await task.get<Uint8Array>(object)).toString()).toBe(text);
    }
    await store.put(put[0]!.key, utf8('other'));
    await expect(task.get(put[0]!)).rejects.toMatchObject({ code: 'DATA_CHANGED' });
  },
};
