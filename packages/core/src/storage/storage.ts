import type { Label } from '@megalith/agent';

/** A pointer to what a store holds. */
export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  /** Changes with the content. */
  readonly etag: string;
  /** Epoch milliseconds. */
  readonly modifiedAt: number;
  /** As it was put with; in listings undefined where the store would have to be asked for each. */
  readonly label?: Label;
}

export interface PutOptions {
  /** How sensitive it is; stays with the object. @defaultValue none */
  readonly label?: Label;
  /** Fails with ALREADY_THERE where the key is taken. @defaultValue false */
  readonly ifAbsent?: boolean;
  readonly signal?: AbortSignal;
}

/** Bytes from `start` up to and with `end`, as HTTP has it; without `end`, all that follow. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

/**
 * A store of objects. Keys are relative paths with `/`: no `..`, no empty part. Every call has a deadline of its own and ends with its signal.
 * All throw MegalithError STORE_FAILED, NO_CREDENTIALS, CANCELLED; DISK_FULL.
 */
export interface Storage {
  /** `s3://bucket/prefix`, `file:///folder`. */
  readonly url: string;
  /** An object is there whole or not at all. */
  put(key: string, body: Uint8Array | AsyncIterable<Uint8Array>, options?: PutOptions): Promise<StoredObject>;
  /** A stream of the object, or of a part. @throws MegalithError NOT_FOUND */
  get(
    key: string,
    options?: { readonly range?: ByteRange; readonly signal?: AbortSignal },
  ): Promise<AsyncIterable<Uint8Array>>;
  /** Undefined where there is none. */
  head(key: string, options?: { readonly signal?: AbortSignal }): Promise<StoredObject | undefined>;
  /** In the order of keys; pages are fetched as they are read. */
  list(prefix?: string, options?: { readonly signal?: AbortSignal }): AsyncIterable<StoredObject>;
  /** One that is not there is no error. */
  delete(keys: readonly string[], options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** A URL with which whoever has it may read or write one object until it expires. Undefined where the store cannot. */
  readonly presign?: (key: string, method: 'GET' | 'PUT', expiresMs: number) => Promise<string>;
  /** Ends connections that are kept open. */
  close(): void;
}
