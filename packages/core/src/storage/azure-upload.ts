import type { BlockBlobClient } from '@azure/storage-blob';
import type { AzureTiming } from './azure-client.js';
import { type BodyPart, bodyParts } from './body-parts.js';
import { inTime } from './in-time.js';

/** Parts of one upload at once: what it holds in memory is so many parts, and one that fills. */
const partsAtOnce = 4;

export interface AzureUpload {
  readonly metadata: Record<string, string>;
  readonly ifAbsent: boolean;
  /** Of this put and no other: the parts of all who put one key at once lie side by side until one of them is done. */
  readonly putId: string;
  /** In words, for errors. */
  readonly what: string;
  readonly timing: AzureTiming;
  readonly signal?: AbortSignal | undefined;
}

export interface Uploaded {
  readonly etag: string | undefined;
  readonly bytes: number;
}

/**
 * Puts a body of any length: in one request what fits into a part, else in parts, that become an object all at once. Parts of an upload that failed
 * Azure removes after a week. The library's own `uploadStream` would tell no failure of a body from one of the network.
 */
export async function uploadToAzure(
  blob: BlockBlobClient,
  body: Uint8Array | AsyncIterable<Uint8Array>,
  upload: AzureUpload,
): Promise<Uploaded> {
  const parts = bodyParts(body);
  const failing = new AbortController();
  const { signal } = upload;
  const ending = signal === undefined ? failing.signal : AbortSignal.any([signal, failing.signal]);
  const running = new Set<Promise<void>>();
  const ids: string[] = [];
  let failure: unknown;
  let bytes = 0;
  try {
    for await (const part of parts) {
      bytes += part.bytes.length;
      if (part.isLast && part.number === 1) return { etag: await putAtOnce(blob, part.bytes, upload), bytes };
      if (running.size >= partsAtOnce) await Promise.race(running);
      if (failure !== undefined) throw failure;
      ids.push(blockId(upload.putId, part.number));
      const sending: Promise<void> = stage(blob, part, upload, ending)
        .catch((error: unknown) => {
          failure ??= error;
          failing.abort(error);
        })
        .finally(() => running.delete(sending));
      running.add(sending);
    }
    await Promise.all(running);
    if (failure !== undefined) throw failure;
    return { etag: await commit(blob, ids, upload), bytes };
  } catch (error) {
    failing.abort(error);
    await Promise.all(running);
    throw error;
  } finally {
    await parts.return(undefined);
  }
}

async function putAtOnce(blob: BlockBlobClient, bytes: Uint8Array, upload: AzureUpload): Promise<string | undefined> {
  const { what, timing, signal, metadata } = upload;
  const conditions = conditionsOf(upload);
  const { etag } = await inTime({ what, deadlineMs: timing.partMs, signal }, abortSignal =>
    blob.upload(bytes, bytes.length, { metadata, conditions, abortSignal }),
  );
  return etag;
}

async function stage(blob: BlockBlobClient, { number, bytes }: BodyPart, upload: AzureUpload, signal: AbortSignal) {
  const { what, timing, putId } = upload;
  await inTime({ what, deadlineMs: timing.partMs, signal }, abortSignal =>
    blob.stageBlock(blockId(putId, number), bytes, bytes.length, { abortSignal }),
  );
}

async function commit(blob: BlockBlobClient, ids: string[], upload: AzureUpload): Promise<string | undefined> {
  const { what, timing, signal, metadata } = upload;
  const conditions = conditionsOf(upload);
  const { etag } = await inTime({ what, deadlineMs: timing.partMs, signal }, abortSignal =>
    blob.commitBlockList(ids, { metadata, conditions, abortSignal }),
  );
  return etag;
}

function conditionsOf({ ifAbsent }: AzureUpload): { ifNoneMatch?: string } {
  return ifAbsent ? { ifNoneMatch: '*' } : {};
}

/** Those of one object must all have the same length. */
function blockId(putId: string, number: number): string {
  return Buffer.from(`${putId}-${String(number).padStart(6, '0')}`).toString('base64');
}
