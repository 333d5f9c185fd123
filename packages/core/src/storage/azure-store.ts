import { randomBytes } from 'node:crypto';
import type { BlobItem } from '@azure/storage-blob';
import { type Label, MegalithError, type PutGrant } from '@megalith/agent';
import { AzureCalls, metadataOf } from './azure-calls.js';
import { type AzureAddress, azureTiming } from './azure-client.js';
import { azureFacts } from './azure-failure.js';
import { azurePlace } from './azure-place.js';
import { requireExpiry, signedPrefix, signedReadUrl } from './azure-sign.js';
import { uploadToAzure } from './azure-upload.js';
import { bodyChunks } from './body-chunks.js';
import { requireRange } from './byte-range.js';
import { alreadyThere } from './key-errors.js';
import { compareKeys, isKey, requireKey, requirePrefix } from './object-key.js';
import { readStored } from './read-stored.js';
import { plainEtag } from './s3-calls.js';
import type { PutOptions, ReadOptions, Storage, StoredBytes, StoredObject } from './storage.js';

const keysInPage = 1000;
/** Azure's limit of one batch. */
const removalsAtOnce = 256;

interface Signalled {
  readonly signal?: AbortSignal | undefined;
}

/**
 * A store in a container of Azure's Blob storage. An etag is Azure's: another one for each put, also of the same content. Of several who put one key
 * at once and in parts (more than 16 MiB), all but one may fail and have to repeat it. Keys are listed in the order of their bytes within pages of
 * 1,000; from page to page the order is Azure's, which differs for characters beyond U+FFFF.
 */
export class AzureStore implements Storage {
  readonly url: string;
  readonly #calls: AzureCalls;

  /** @throws MegalithError CONFIG for a URL that names no container */
  constructor(url: string, address: AzureAddress = {}, timing = azureTiming) {
    const place = azurePlace(url);
    this.url = place.url;
    this.#calls = new AzureCalls(place, address, timing);
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
    const about = { what: `${what} in ${this.url}`, timing: calls.timing, signal };
    const upload = { metadata: metadataOf(putId, label), ifAbsent, putId, ...about };
    try {
      const blob = (await calls.container()).getBlockBlobClient(calls.nameOf(key));
      const { etag, bytes } = await uploadToAzure(blob, given, upload);
      const stored = { key, bytes, etag: plainEtag(etag), modifiedAt: Date.now() };
      return label === undefined ? stored : { ...stored, label };
    } catch (error) {
      const { code, status } = azureFacts(error);
      const isTaken = ifAbsent && (code === 'BlobAlreadyExists' || status === 412);
      // The answer to the first attempt may have been lost, and the second found what the first had put.
      const found = isTaken || code === 'InvalidBlockList' ? await calls.find(key, what, signal) : undefined;
      if (found?.putId === putId) return found.object;
      if (isTaken) throw alreadyThere(key, this.url);
      throw calls.failure(what, error);
    }
  }

  async get(key: string, options: ReadOptions = {}): Promise<StoredBytes> {
    requireKey(key);
    if (options.range) requireRange(options.range);
    return readStored(this.#calls, key, this.url, options, `to read "${key}" in ${this.url}`);
  }

  async head(key: string, { signal }: Signalled = {}): Promise<StoredObject | undefined> {
    requireKey(key);
    return (await this.#calls.find(key, `to look for "${key}"`, signal))?.object;
  }

  async *list(prefix = '', { signal }: Signalled = {}): AsyncGenerator<StoredObject> {
    requirePrefix(prefix);
    const place = this.#calls.place;
    let from: string | undefined;
    do {
      const settings = { maxPageSize: keysInPage, ...(from === undefined ? {} : { continuationToken: from }) };
      const { value: page } = await this.#calls.call('to list', signal, (container, abortSignal) =>
        container
          .listBlobsFlat({ prefix: place.prefix + prefix, abortSignal })
          .byPage(settings)
          .next(),
      );
      const objects: StoredObject[] = (page?.segment.blobItems ?? []).map(({ name, properties }: BlobItem) => {
        const { contentLength: bytes = 0, etag, lastModified } = properties;
        return {
          key: name.slice(place.prefix.length),
          bytes,
          etag: plainEtag(etag),
          modifiedAt: lastModified.getTime(),
        };
      });
      // Its own order is another one where characters beyond U+FFFF stand beside some below. Others may keep there what no key of ours names.
      yield* objects.filter(({ key }) => isKey(key)).sort((one, other) => compareKeys(one.key, other.key));
      from = page?.continuationToken || undefined;
    } while (from !== undefined);
  }

  async delete(keys: readonly string[], { signal }: Signalled = {}): Promise<void> {
    for (const key of keys) requireKey(key);
    for (let at = 0; at < keys.length; at += removalsAtOnce)
      await this.#deleteSome(keys.slice(at, at + removalsAtOnce), signal);
  }

  /**
   * Only for reading: to write, a URL of Azure needs headers beside it, which a `grant` has.
   * @throws MegalithError USAGE for a time under a second, or over seven days, and for PUT
   */
  async presign(key: string, method: 'GET' | 'PUT', expiresMs: number): Promise<string> {
    requireKey(key);
    requireExpiry(expiresMs);
    if (method === 'GET') return signedReadUrl(this.#calls, key, expiresMs);
    throw new MegalithError('USAGE', `in Azure no URL alone lets somebody put "${key}"`, {
      hint: 'use a grant, which has the headers too',
    });
  }

  /**
   * A signature for the container that may make objects, and neither replace nor read, list or remove any. It does not limit more than that: whoever
   * has it can make objects anywhere in the container, not under the prefix only, of any size, and with another label or none. A container of its own
   * for what tasks put limits that.
   */
  async grant(prefix: string, expiresMs: number, label?: Label): Promise<PutGrant> {
    requireKey(prefix.replace(/\/$/, ''));
    requireExpiry(expiresMs);
    return signedPrefix(this.#calls, prefix, expiresMs, label);
  }

  close(): void {
    // Connections that idle keep no process alive, and end by themselves.
  }

  async #deleteSome(keys: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    const what = keys.length === 1 ? `to remove "${keys[0]}"` : `to remove ${keys.length} objects`;
    const { subResponses } = await this.#calls.call(what, signal, (container, abortSignal) => {
      const blobs = keys.map(key => container.getBlobClient(this.#calls.nameOf(key)));
      return container.getBlobBatchClient().deleteBlobs(blobs, { abortSignal, deleteSnapshots: 'include' });
    });
    const refused = subResponses.find(
      ({ status, errorCode }) => status >= 300 && (status !== 404 || errorCode === 'ContainerNotFound'),
    );
    if (refused === undefined) return;
    const { status: statusCode, statusMessage, errorCode } = refused;
    const said = new Error(statusMessage);
    throw this.#calls.failure(what, Object.assign(said, { statusCode, code: errorCode ?? 'UnknownError' }));
  }
}
