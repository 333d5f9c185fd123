import { Readable } from 'node:stream';
import type { BlobServiceClient, ContainerClient } from '@azure/storage-blob';
import { isLabel, type Label, MegalithError } from '@megalith/agent';
import { type AzureAddress, type AzureTiming, azureClient } from './azure-client.js';
import { azureFacts, azureFailure, isAbsent } from './azure-failure.js';
import type { AzurePlace } from './azure-place.js';
import { within } from './byte-range.js';
import { inTime } from './in-time.js';
import { plainEtag } from './s3-calls.js';
import type { ByteRange, StoredObject } from './storage.js';

/** Names of metadata are names of variables, for Azure. */
const labelName = 'megalith_label';
/** Tells one put from another: a request whose answer was lost is repeated, and must know its own object. */
const putName = 'megalith_put';

export interface FoundBlob {
  readonly object: StoredObject;
  readonly putId: string | undefined;
}

export interface OpenedBlob {
  readonly object: StoredObject;
  /** The bytes of the range. */
  readonly source: Readable;
}

interface OpenOptions {
  readonly range?: ByteRange | undefined;
  /** Only where the object still has this etag. */
  readonly etag?: string;
  readonly signal?: AbortSignal | undefined;
}

/** Calls to one container, with the deadlines and the errors of a store. */
export class AzureCalls {
  readonly place: AzurePlace;
  readonly timing: AzureTiming;
  /** For errors: with a server that is not Azure's, its address. */
  readonly shown: string;
  readonly #address: AzureAddress;
  #service: Promise<BlobServiceClient> | undefined;

  constructor(place: AzurePlace, address: AzureAddress, timing: AzureTiming) {
    this.place = place;
    this.timing = timing;
    this.#address = address;
    this.shown = address.endpoint === undefined ? place.url : `${place.url} at ${address.endpoint}`;
  }

  service(): Promise<BlobServiceClient> {
    this.#service ??= azureClient(this.place, this.#address).catch((error: unknown) => {
      // Who mends the environment need not open the store anew.
      this.#service = undefined;
      throw error;
    });
    return this.#service;
  }

  async container(): Promise<ContainerClient> {
    return (await this.service()).getContainerClient(this.place.container);
  }

  nameOf(key: string): string {
    return this.place.prefix + key;
  }

  failure(what: string, error: unknown): MegalithError {
    return azureFailure(what, this.shown, error);
  }

  /** @throws MegalithError STORE_FAILED, NO_CREDENTIALS, NOT_CONFIGURED, CONFIG, CANCELLED */
  async call<T>(
    what: string,
    signal: AbortSignal | undefined,
    ask: (container: ContainerClient, abortSignal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return this.#ask(what, signal, ask).catch((error: unknown) => {
      throw this.failure(what, error);
    });
  }

  async find(key: string, what: string, signal?: AbortSignal): Promise<FoundBlob | undefined> {
    try {
      const found = await this.#ask(what, signal, (container, abortSignal) =>
        container.getBlobClient(this.nameOf(key)).getProperties({ abortSignal }),
      );
      return { object: storedObject(key, found, found.contentLength ?? 0), putId: found.metadata?.[putName] };
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw this.failure(what, error);
    }
  }

  /** Undefined where there is none. @throws MegalithError DATA_CHANGED where it is another than the one that was asked for */
  async open(key: string, what: string, options: OpenOptions): Promise<OpenedBlob | undefined> {
    const { range, etag, signal } = options;
    const { start = 0, end } = range ?? {};
    const conditions = etag === undefined ? {} : { ifMatch: `"${etag}"` };
    try {
      const found = await this.#ask(what, signal, (container, abortSignal) =>
        container
          .getBlobClient(this.nameOf(key))
          .download(start, end === undefined ? undefined : end - start + 1, { abortSignal, conditions }),
      );
      const bytes = Number(/\/(\d+)$/.exec(found.contentRange ?? '')?.[1] ?? found.contentLength ?? 0);
      const source = found.readableStreamBody as Readable;
      if ((found.contentLength ?? 0) !== within(range, bytes).length) throw otherPart(key, source);
      return { object: storedObject(key, found, bytes), source };
    } catch (error) {
      const { status } = azureFacts(error);
      if (status === 412) throw changed(key, this.shown);
      if (isAbsent(error)) return undefined;
      if (status !== 416) throw this.failure(what, error);
    }
    // The range lies behind its end.
    const found = await this.find(key, what, signal);
    return found && { object: found.object, source: Readable.from([]) };
  }

  async #ask<T>(
    what: string,
    signal: AbortSignal | undefined,
    ask: (container: ContainerClient, abortSignal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const container = await this.container();
    const limits = { what: `${what} in ${this.place.url}`, deadlineMs: this.timing.callMs, signal };
    return inTime(limits, abortSignal => ask(container, abortSignal));
  }
}

export function metadataOf(putId: string | undefined, label: Label | undefined): Record<string, string> {
  return {
    ...(putId === undefined ? {} : { [putName]: putId }),
    ...(label === undefined ? {} : { [labelName]: label }),
  };
}

interface Answer {
  readonly etag?: string | undefined;
  readonly lastModified?: Date | undefined;
  readonly metadata?: Record<string, string> | undefined;
}

function storedObject(key: string, { etag, lastModified, metadata }: Answer, bytes: number): StoredObject {
  const said = metadata?.[labelName];
  // A label that is none of ours counts as the highest.
  const label = said === undefined || isLabel(said) ? said : 'restricted';
  const object = { key, bytes, etag: plainEtag(etag), modifiedAt: lastModified?.getTime() ?? 0 };
  return label === undefined ? object : { ...object, label };
}

function changed(key: string, place: string): MegalithError {
  return new MegalithError('DATA_CHANGED', `"${key}" in ${place} was replaced while it was read`, {
    hint: 'read it again',
    details: { key },
  });
}

function otherPart(key: string, source: Readable): MegalithError {
  source.destroy();
  const hint = 'the server does not understand ranges';
  return new MegalithError('STORE_FAILED', `another part of "${key}" came than was asked for`, { hint });
}
