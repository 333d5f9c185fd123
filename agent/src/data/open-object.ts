import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MegalithError } from '../errors.js';
import { unlessMissing } from '../files/unless-missing.js';
import { sourceOf } from './byte-source.js';
import type { CloudObject } from './cloud-object.js';
import type { PartSource } from './data-part.js';
import { FsRecords, strangerEtag } from './fs-records.js';
import { dataMissing } from './read-failure.js';

/** Bytes from `start` up to and with `end`, as HTTP has it; without `end`, all that follow. */
export interface ObjectRange {
  readonly start: number;
  readonly end?: number;
}

export function nameOf({ store, key }: Pick<CloudObject, 'store' | 'key'>): string {
  return `${store}/${key}`;
}

/**
 * What is in an object, by URL or from a folder of this machine.
 * @param readUrl as the client gave it to this task
 * @throws MegalithError DATA_CHANGED, NOT_FOUND, STORE_FAILED, CANCELLED; NOT_CONFIGURED where this task cannot read it
 */
export async function* openObject(
  object: CloudObject,
  readUrl: string | undefined,
  signal: AbortSignal,
  { start, end = Number.MAX_SAFE_INTEGER - 1 }: ObjectRange = { start: 0 },
): AsyncGenerator<Uint8Array> {
  const { bytes, etag } = object;
  if (!(Number.isSafeInteger(start) && start >= 0 && Number.isSafeInteger(end) && end >= start)) {
    throw new MegalithError('USAGE', `no object has the bytes ${start} to ${end}`, {
      hint: 'give whole numbers, from 0',
    });
  }
  const found = object.store.startsWith('file:') ? await inFolder(object) : byUrl(object, readUrl);
  const until = Math.min(end + 1, bytes);
  const whole = { start: 0, end: bytes, part: 0, format: { type: 'bytes' }, bytes } as const;
  const part = { megalith: 'part', name: nameOf(object), version: etag, ...whole, ...found } as const;
  let given = 0;
  for await (const chunk of sourceOf(part, signal).read(start, until)) {
    given += chunk.length;
    yield chunk;
  }
  if (given < until - start) {
    throw new MegalithError('STORE_FAILED', `"${part.name}" ended after ${start + given} of ${until} bytes`, {
      hint: 'read it again',
    });
  }
}

function byUrl(object: CloudObject, readUrl: string | undefined): { readonly from: PartSource } {
  if (readUrl !== undefined) return { from: { url: readUrl } };
  throw new MegalithError('NOT_CONFIGURED', `this task got no permission to read "${nameOf(object)}"`, {
    hint: "pass pointers in the task's item, at most two levels down, and from a store whose objects can be read by URL",
  });
}

/** The file, where it is the one that the pointer means. */
async function inFolder(object: CloudObject): Promise<{ readonly from: PartSource; readonly version: string }> {
  const { key, etag } = object;
  const name = nameOf(object);
  const folder = fileURLToPath(object.store);
  if (key.split('/').some(part => part === '' || part === '.' || part === '..')) {
    throw new MegalithError('USAGE', `"${name}" is no object of a store`, { hint: 'take pointers as they were given' });
  }
  if ((await unlessMissing(lstat(folder))) === undefined) {
    throw new MegalithError('NOT_CONFIGURED', `"${name}" lies in a folder of another machine than this task's`, {
      hint: 'put it into a store that machines can reach: see the option "store" of the job that makes it',
    });
  }
  const file = join(folder, key);
  const stats = await unlessMissing(lstat(file, { bigint: true }));
  if (stats === undefined) throw dataMissing(name);
  const record = await new FsRecords(folder).read(key, stats);
  if ((record?.etag ?? strangerEtag(stats)) !== etag) {
    throw new MegalithError('DATA_CHANGED', `"${name}" is another object than the one that was pointed to`, {
      hint: 'submit the job again with a new pointer',
    });
  }
  return { from: { file }, version: `${stats.size}-${stats.mtimeNs}` };
}
