import type { CompletedPart, PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3';
import { type BodyPart, bodyParts } from './body-parts.js';
import { inTime } from './in-time.js';
import type { S3Timing } from './s3-client.js';
import { s3Sdk } from './s3-sdk.js';

/** Parts of one upload at once: what it holds in memory is so many parts, and one that fills. */
const partsAtOnce = 4;
/** Parts of an upload that failed cost money until they are removed. */
const cleanUpMs = 10_000;

export type ObjectInput = Pick<PutObjectCommandInput, 'Metadata' | 'IfNoneMatch'> & {
  readonly Bucket: string;
  readonly Key: string;
};

export interface UploadOptions {
  /** In words, for errors. */
  readonly what: string;
  readonly timing: S3Timing;
  readonly signal?: AbortSignal | undefined;
}

export interface Uploaded {
  readonly etag: string | undefined;
  readonly bytes: number;
}

/**
 * Puts a body of any length: in one request what fits into a part, else in parts. `lib-storage` of the SDK does that too, but hands its signal to
 * no request, and gives up before the parts of an upload that was aborted are removed.
 */
export async function upload(
  client: S3Client,
  object: ObjectInput,
  body: Uint8Array | AsyncIterable<Uint8Array>,
  options: UploadOptions,
): Promise<Uploaded> {
  const parts = bodyParts(body);
  try {
    const first = await parts.next();
    const part: BodyPart = first.value;
    return await (part.isLast
      ? putAtOnce(client, object, part.bytes, options)
      : putInParts(client, object, part, parts, options));
  } finally {
    await parts.return(undefined);
  }
}

async function putAtOnce(
  client: S3Client,
  object: ObjectInput,
  bytes: Uint8Array,
  options: UploadOptions,
): Promise<Uploaded> {
  const { PutObjectCommand } = await s3Sdk();
  const command = new PutObjectCommand({ ...object, Body: bytes, ContentLength: bytes.length });
  const limits = { ...options, deadlineMs: options.timing.partMs };
  const { ETag } = await inTime(limits, abortSignal => client.send(command, { abortSignal }));
  return { etag: ETag, bytes: bytes.length };
}

async function putInParts(
  client: S3Client,
  { IfNoneMatch, ...object }: ObjectInput,
  first: BodyPart,
  others: AsyncGenerator<BodyPart>,
  options: UploadOptions,
): Promise<Uploaded> {
  const sdk = await s3Sdk();
  const { what, timing, signal } = options;
  const create = new sdk.CreateMultipartUploadCommand(object);
  const limits = { what, deadlineMs: timing.callMs, signal };
  const { UploadId } = await inTime(limits, abortSignal => client.send(create, { abortSignal }));
  const { Bucket, Key } = object;
  const id = { Bucket, Key, UploadId };
  const done: CompletedPart[] = [];
  const failing = new AbortController();
  const ending = signal === undefined ? failing.signal : AbortSignal.any([signal, failing.signal]);
  const running = new Set<Promise<void>>();
  let bytes = 0;
  let failure: unknown;

  const send = async (part: BodyPart) => {
    const command = new sdk.UploadPartCommand({
      ...id,
      PartNumber: part.number,
      Body: part.bytes,
      ContentLength: part.bytes.length,
    });
    const limits = { what, deadlineMs: timing.partMs, signal: ending };
    const { ETag } = await inTime(limits, abortSignal => client.send(command, { abortSignal }));
    done.push({ PartNumber: part.number, ...(ETag === undefined ? {} : { ETag }) });
  };
  const start = (part: BodyPart) => {
    bytes += part.bytes.length;
    const sending: Promise<void> = send(part)
      .catch((error: unknown) => {
        failure ??= error;
        failing.abort(error);
      })
      .finally(() => running.delete(sending));
    running.add(sending);
  };

  try {
    start(first);
    for await (const part of others) {
      if (running.size >= partsAtOnce) await Promise.race(running);
      if (failure !== undefined) break;
      start(part);
    }
    await Promise.all(running);
    if (failure !== undefined) throw failure;
    const Parts = done.sort((one, other) => one.PartNumber! - other.PartNumber!);
    const command = new sdk.CompleteMultipartUploadCommand({
      ...id,
      MultipartUpload: { Parts },
      ...(IfNoneMatch === undefined ? {} : { IfNoneMatch }),
    });
    const limits = { what, deadlineMs: timing.partMs, signal };
    const { ETag } = await inTime(limits, abortSignal => client.send(command, { abortSignal }));
    return { etag: ETag, bytes };
  } catch (error) {
    failing.abort(error);
    await Promise.all(running);
    const abort = new sdk.AbortMultipartUploadCommand(id);
    // It failed already, and says why. What stays there a rule of the bucket removes.
    await client.send(abort, { abortSignal: AbortSignal.timeout(cleanUpMs) }).catch(() => undefined);
    throw error;
  }
}
