import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { isLabel, type Label, MegalithError } from '@megalith/agent';
import { within } from './byte-range.js';
import { inTime } from './in-time.js';
import { type S3Address, type S3Timing, s3Client } from './s3-client.js';
import { s3Facts, s3Failure } from './s3-failure.js';
import type { S3Place } from './s3-place.js';
import { s3Sdk } from './s3-sdk.js';
import type { ByteRange, StoredObject } from './storage.js';

const labelName = 'megalith-label';
/** Tells one put from another: a request whose answer was lost is repeated, and must know its own object. */
const putName = 'megalith-put';

export interface FoundObject {
  readonly object: StoredObject;
  readonly putId: string | undefined;
}

export interface OpenedObject {
  readonly object: StoredObject;
  /** The bytes of the range. */
  readonly source: Readable;
}

export interface OpenOptions {
  readonly range?: ByteRange | undefined;
  /** Only where the object still has this etag. */
  readonly etag?: string;
  readonly signal?: AbortSignal | undefined;
}

/** Calls to one bucket, with the deadlines and the errors of a store. */
export class S3Calls {
  readonly place: S3Place;
  readonly timing: S3Timing;
  /** For errors: with a server that is not AWS's, its address. */
  readonly #shown: string;
  readonly #address: S3Address;
  #client: Promise<S3Client> | undefined;
  #hasBucket: Promise<void> | undefined;

  constructor(place: S3Place, address: S3Address, timing: S3Timing) {
    this.place = place;
    this.timing = timing;
    this.#address = address;
    this.#shown = address.endpoint === undefined ? place.url : `${place.url} at ${address.endpoint}`;
  }

  client(): Promise<S3Client> {
    this.#client ??= s3Client(this.#address, this.timing);
    return this.#client;
  }

  named(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.place.bucket, Key: this.place.prefix + key };
  }

  failure(what: string, error: unknown): MegalithError {
    return s3Failure(what, this.#shown, error);
  }

  /** @throws MegalithError STORE_FAILED, NO_CREDENTIALS, CONFIG, CANCELLED */
  async call<T>(
    what: string,
    signal: AbortSignal | undefined,
    ask: (client: S3Client, options: { abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    return this.#ask(what, signal, ask).catch((error: unknown) => {
      throw this.failure(what, error);
    });
  }

  async find(key: string, what: string, signal?: AbortSignal): Promise<FoundObject | undefined> {
    const { HeadObjectCommand } = await s3Sdk();
    const command = new HeadObjectCommand(this.named(key));
    try {
      const found = await this.#ask(what, signal, (client, options) => client.send(command, options));
      return { object: storedObject(key, found, found.ContentLength ?? 0), putId: found.Metadata?.[putName] };
    } catch (error) {
      if (!isAbsent(error)) throw this.failure(what, error);
      // To a look at an object, a bucket that is missing answers as an object does.
      this.#hasBucket ??= this.#requireBucket(what, signal);
      await this.#hasBucket;
      return undefined;
    }
  }

  /** Undefined where there is none. @throws MegalithError STORE_FAILED where it is another than the one that was asked for */
  async open(key: string, what: string, options: OpenOptions): Promise<OpenedObject | undefined> {
    const { range, etag, signal } = options;
    const { GetObjectCommand } = await s3Sdk();
    const command = new GetObjectCommand({
      ...this.named(key),
      ...(range === undefined ? {} : { Range: `bytes=${range.start}-${range.end ?? ''}` }),
      ...(etag === undefined ? {} : { IfMatch: `"${etag}"` }),
    });
    try {
      const found = await this.#ask(what, signal, (client, ending) => client.send(command, ending));
      const bytes = Number(/\/(\d+)$/.exec(found.ContentRange ?? '')?.[1] ?? found.ContentLength ?? 0);
      const opened = { object: storedObject(key, found, bytes), source: found.Body as Readable };
      if (etag !== undefined && opened.object.etag !== etag) throw changed(key, opened.source);
      if ((found.ContentLength ?? 0) !== within(range, bytes).length) throw otherPart(key, opened.source);
      return opened;
    } catch (error) {
      const { status } = s3Facts(error);
      if (status === 412) throw changed(key);
      if (isAbsent(error)) return undefined;
      if (status !== 416) throw this.failure(what, error);
    }
    // The range lies behind its end.
    const found = await this.find(key, what, signal);
    return found && { object: found.object, source: Readable.from([]) };
  }

  close(): void {
    const closing = this.#client;
    this.#client = undefined;
    closing?.then(client => client.destroy()).catch(() => undefined);
  }

  async #ask<T>(
    what: string,
    signal: AbortSignal | undefined,
    ask: (client: S3Client, options: { abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const client = await this.client();
    const limits = { what, deadlineMs: this.timing.callMs, signal };
    return inTime(limits, abortSignal => ask(client, { abortSignal }));
  }

  async #requireBucket(what: string, signal: AbortSignal | undefined): Promise<void> {
    const { HeadBucketCommand } = await s3Sdk();
    const command = new HeadBucketCommand({ Bucket: this.place.bucket });
    try {
      await this.#ask(what, signal, (client, options) => client.send(command, options));
    } catch (error) {
      if (!isAbsent(error)) return;
      this.#hasBucket = undefined;
      const missing = Object.assign(new Error('the bucket does not exist'), { Code: 'NoSuchBucket' });
      throw this.failure(what, missing);
    }
  }
}

export function metadataOf(putId: string | undefined, label: Label | undefined): Record<string, string> {
  return {
    ...(putId === undefined ? {} : { [putName]: putId }),
    ...(label === undefined ? {} : { [labelName]: label }),
  };
}

/** In headers an etag stands in quotes. */
export function plainEtag(etag: string | undefined): string {
  return (etag ?? '').replace(/^(W\/)?"(.*)"$/, '$2');
}

interface Answer {
  readonly ETag?: string | undefined;
  readonly LastModified?: Date | undefined;
  readonly Metadata?: Record<string, string> | undefined;
}

function storedObject(key: string, { ETag, LastModified, Metadata }: Answer, bytes: number): StoredObject {
  const said = Metadata?.[labelName];
  // A label that is none of ours counts as the highest.
  const label = said === undefined || isLabel(said) ? said : 'restricted';
  const object = { key, bytes, etag: plainEtag(ETag), modifiedAt: LastModified?.getTime() ?? 0 };
  return label === undefined ? object : { ...object, label };
}

function isAbsent(error: unknown): boolean {
  const { code, status } = s3Facts(error);
  return code === 'NoSuchKey' || code === 'NotFound' || (status === 404 && code !== 'NoSuchBucket');
}

function changed(key: string, source?: Readable): MegalithError {
  source?.destroy();
  return new MegalithError('STORE_FAILED', `"${key}" was replaced while it was read`, { hint: 'read it again' });
}

function otherPart(key: string, source: Readable): MegalithError {
  source.destroy();
  const hint = 'the server does not understand ranges';
  return new MegalithError('STORE_FAILED', `another part of "${key}" came than was asked for`, { hint });
}
