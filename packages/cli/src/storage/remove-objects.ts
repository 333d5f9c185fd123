import { type CopyPlace, MegalithError } from '@megalith/core';

export interface RemoveObjectsOptions {
  readonly recursive: boolean;
  readonly signal: AbortSignal;
  /** Hears of each key instead. @defaultValue the object is removed */
  readonly instead?: (key: string) => void;
}

/** What stores take in one request. */
const keysAtOnce = 1000;

/** Removes an object, or all below a key. @returns how many @throws MegalithError USAGE for a whole store without a prefix, STORE_FAILED */
export async function removeObjects(
  { store, key }: Extract<CopyPlace, { key: string }>,
  { recursive, signal, instead }: RemoveObjectsOptions,
): Promise<number> {
  if (!recursive && (key === '' || key.endsWith('/')))
    throw new MegalithError('USAGE', `"${store.url}/${key}" is the beginning of keys`, {
      hint: 'add --recursive to remove all below it',
    });
  let removed = 0;
  const remove = async (keys: readonly string[]): Promise<void> => {
    if (instead === undefined) await store.delete(keys, { signal });
    else for (const each of keys) instead(each);
    removed += keys.length;
  };
  if (!recursive) {
    if ((await store.head(key, { signal })) !== undefined) await remove([key]);
    return removed;
  }
  let batch: string[] = [];
  for await (const { key: found } of store.list(key === '' || key.endsWith('/') ? key : `${key}/`, { signal })) {
    batch.push(found);
    if (batch.length === keysAtOnce) {
      await remove(batch);
      batch = [];
    }
  }
  if (batch.length > 0) await remove(batch);
  return removed;
}
