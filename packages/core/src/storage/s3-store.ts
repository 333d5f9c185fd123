import { randomBytes } from 'node:crypto';
import type { ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { type Label, MegalithError, type PutGrant } from '@megalith/agent';
import { bodyChunks } from './body-chunks.js';
import { requireRange } from './byte-range.js';
import { alreadyThere } from './key-errors.js';
import { isKey, requireKey, requirePrefix } from './object-key.js';
import { readStored } from './read-stored.js';
import { metadataOf, plainEtag, S3Calls } from './s3-calls.js';
import { type S3Address, s3Timing } from './s3-client.js';
import { s3Facts } from './s3-failure.js';
import { s3Place } from './s3-place.js';
import { S3Presigner } from './s3-presign.js';
import { s3Sdk } from './s3-sdk.js';
import { upload } from './s3-upload.js';
import type { PutOptions, ReadOptions, Storage, StoredBytes, StoredObject } from './storage.js';

/** S3's limit of one request. */
const keysAtOnce = 1000;
/** What a signature of version 4 may last: seven days. */
const longestPresignMs = 7 * 24 * 3600_000;

interface Signalled {
  readonly signal?: AbortSignal | undefined;
}

/**
 * A store in a bucket of S3, or of a server that speaks S3. What an upload of a client that died leaves, a lifecycle rule of the bucket should
 * remove (`AbortIncompleteMultipartUpload`).
 */
export class S3Store implements Storage {
  readonly url: string;
  readonly #calls: S3Calls;
  readonly #presigner: S3Presigner;

  /** @throws MegalithError CONFIG for a URL that names no bucket */
  constructor(url: string, address: S3Address = {}, timing = s3Timing) {
    const place = s3Place(url);
    this.url = place.url;
    this.#calls = new S3Calls(place, address, timing);
    this.#presigner = new S3Presigner(this.#calls);
  }

  async put(
    key: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    { label, ifAbsent = false, signal }: PutOptions = {},
  ): Promise<StoredObject> {
    requireKey(key);
    const what = `to put "${key}"`;
    const calls = this.#calls;
    const putId = randomBytes(8).toString('hex');
    const given = body instanceof Uint8Array ? body : bodyChunks(body, what, signal);
    const condition = ifAbsent ? { IfNoneMatch: '*' } : {};
    const object = { ...calls.named(key), Metadata: metadataOf(putId, label), ...condition };
    try {
      const { etag, bytes } = await upload(await calls.client(), object, given, { what, timing: calls.timing, signal });
      const stored = { key, bytes, etag: plainEtag(etag), modifiedAt: Date.now() };
      return label === undefined ? stored : { ...stored, label };
    } catch (error) {
      const { attempts, code, status } = s3Facts(error);
      // The answer to the first attempt may have been lost, and the second found what the first had put.
      const found = attempts > 1 ? await calls.find(key, what, signal) : undefined;
      if (found?.putId === putId) return found.object;
      if (ifAbsent && (status === 412 || code === 'PreconditionFailed')) throw alreadyThere(key, this.url, error);
      throw calls.failure(what, error);
    }
  }

  async get(key: string, options: ReadOptions = {}): Promise<StoredBytes> {
    requireKey(key);
    if (options.range) requireRange(options.range);
    return readStored(this.#calls, key, this.url, options, `to read "${key}"`);
  }

  async head(key: string, { signal }: Signalled = {}): Promise<StoredObject | undefined> {
    requireKey(key);
    return (await this.#calls.find(key, `to look for "${key}"`, signal))?.object;
  }

  async *list(prefix = '', { signal }: Signalled = {}): AsyncGenerator<StoredObject> {
    requirePrefix(prefix);
    const { ListObjectsV2Command } = await s3Sdk();
    const place = this.#calls.place;
    const what = `to list ${this.url}`;
    const leaving = new AbortController();
    const ending = signal === undefined ? leaving.signal : AbortSignal.any([signal, leaving.signal]);
    const ask = (token?: string): Promise<ListObjectsV2CommandOutput> => {
      const from = token === undefined ? {} : { ContinuationToken: token };
      const command = new ListObjectsV2Command({ Bucket: place.bucket, Prefix: place.prefix + prefix, ...from });
      return this.#calls.call(what, ending, (client, options) => client.send(command, options));
    };
    try {
      for (let next: Promise<ListObjectsV2CommandOutput> | undefined = ask(); next !== undefined; ) {
        const page: ListObjectsV2CommandOutput = await next;
        const token = page.IsTruncated ? page.NextContinuationToken : undefined;
        // It comes while whoever lists works on this one, and fails when it is its turn.
        next = token === undefined ? undefined : ask(token);
        next?.catch(() => undefined);
        for (const { Key = '', Size = 0, ETag, LastModified } of page.Contents ?? []) {
          const key = Key.slice(place.prefix.length);
          // Others may keep there what no key of ours names: `folder/`, say.
          if (isKey(key)) yield { key, bytes: Size, etag: plainEtag(ETag), modifiedAt: LastModified?.getTime() ?? 0 };
        }
      }
    } finally {
      leaving.abort();
    }
  }

  async delete(keys: readonly string[], { signal }: Signalled = {}): Promise<void> {
    for (const key of keys) requireKey(key);
    for (let at = 0; at < keys.length; at += keysAtOnce)
      await this.#deleteSome(keys.slice(at, at + keysAtOnce), signal);
  }

  /** @throws MegalithError USAGE for a time under a second, or over seven days */
  async presign(key: string, method: 'GET' | 'PUT', expiresMs: number, label?: Label): Promise<string> {
    requireKey(key);
    requireExpiry(expiresMs);
    const what = `to sign a URL for "${key}"`;
    const named = this.#calls.named(key);
    if (method === 'GET') return this.#presigner.url(named.Key, expiresMs, what);
    const [{ PutObjectCommand }, { getSignedUrl }] = await Promise.all([
      s3Sdk(),
      import('@aws-sdk/s3-request-presigner'),
    ]);
    const command = new PutObjectCommand({ ...named, Metadata: metadataOf(undefined, label) });
    const expiresIn = Math.floor(expiresMs / 1000);
    return this.#calls.call(what, undefined, client => getSignedUrl(client, command, { expiresIn }));
  }

  /** @throws MegalithError USAGE for a time under a second, or over seven days */
  async grant(prefix: string, expiresMs: number, label?: Label): Promise<PutGrant> {
    requirePrefix(prefix);
    requireExpiry(expiresMs);
    const { bucket, prefix: before } = this.#calls.place;
    const { s3Grant } = await import('./s3-grant.js');
    return this.#calls.call(`to let tasks put "${prefix}"`, undefined, client =>
      s3Grant(client, bucket, `${before}${prefix}`, expiresMs, label),
    );
  }

  close(): void {
    this.#calls.close();
  }

  async #deleteSome(keys: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    const { DeleteObjectsCommand } = await s3Sdk();
    const what = keys.length === 1 ? `to remove "${keys[0]}"` : `to remove ${keys.length} objects`;
    const Objects = keys.map(key => ({ Key: this.#calls.named(key).Key }));
    const command = new DeleteObjectsCommand({ Bucket: this.#calls.place.bucket, Delete: { Objects, Quiet: true } });
    const { Errors = [] } = await this.#calls.call(what, signal, (client, options) => client.send(command, options));
    const refused = Errors.find(each => each.Code !== 'NoSuchKey');
    if (refused === undefined) return;
    const said = new Error(`"${refused.Key}": ${refused.Message}`);
    throw this.#calls.failure(what, Object.assign(said, { Code: refused.Code }));
  }
}

function requireExpiry(expiresMs: number): void {
  if (expiresMs >= 1000 && expiresMs <= longestPresignMs) return;
  throw new MegalithError('USAGE', `no permission can expire after ${expiresMs} ms`, { hint: 'give 1 s to 7 d' });
}
