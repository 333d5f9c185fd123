import type { Label, PutGrant } from '@megalith/agent';

/** A pointer to what a store holds. */
export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  /** Changes with the content. */
  readonly etag: string;
  /** Epoch milliseconds; the store's clock may know whole seconds only, and what `put` gives may be the client's clock. */
  readonly modifiedAt: number;
  /**
   * As it was put with. Undefined where nobody said, and then it counts as what its store is cleared for: `labelOfStored`. In listings also
   * undefined where the store would have to be asked for each.
   */
  readonly label?: Label;
}

/** What is in an object, or in a part of it, once. Whoever does not read it to its end must leave its loop, or end it by the signal. */
export interface StoredBytes extends AsyncIterable<Uint8Array> {
  /** The object as it was when these bytes were asked for: its label is that of the bytes. */
  readonly object: StoredObject;
}

export interface PutOptions {
  /** How sensitive it is; stays with the object. @defaultValue none */
  readonly label?: Label;
  /** Fails with ALREADY_THERE where the key is taken. @defaultValue false */
  readonly ifAbsent?: boolean;
  readonly signal?: AbortSignal;
}

/** Bytes from `start` up to and with `end`, as HTTP has it; without `end`, all that follow. What lies behind the object's end gives nothing. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

export interface ReadOptions {
  readonly range?: ByteRange;
  readonly signal?: AbortSignal;
}

/**
 * A store of objects. Keys are relative paths with `/`: see `requireKey`.
 * Every step of a call has a deadline, and a call ends with its signal; a body that is put, and whoever reads, may take their time.
 * All throw MegalithError STORE_FAILED, NO_CREDENTIALS, CANCELLED, DISK_FULL, and USAGE for keys and ranges that are none.
 */
export interface Storage {
  /** `s3://bucket/prefix`, `file:///folder`. */
  readonly url: string;
  /**
   * An object is there whole, with its label, or not at all.
   * @throws MegalithError ALREADY_THERE with `ifAbsent`
   */
  put(key: string, body: Uint8Array | AsyncIterable<Uint8Array>, options?: PutOptions): Promise<StoredObject>;
  /** The object, or a part of it, as it was at that moment. @throws MegalithError NOT_FOUND */
  get(key: string, options?: ReadOptions): Promise<StoredBytes>;
  /** Undefined where there is none. */
  head(key: string, options?: { readonly signal?: AbortSignal }): Promise<StoredObject | undefined>;
  /** All whose keys begin with `prefix`, in the order of their keys' UTF-8 bytes; pages are fetched as they are read. */
  list(prefix?: string, options?: { readonly signal?: AbortSignal }): AsyncIterable<StoredObject>;
  /** One that is not there is no error. */
  delete(keys: readonly string[], options?: { readonly signal?: AbortSignal }): Promise<void>;
  /**
   * A URL with which whoever has it may read or write one object until it expires. Undefined where the store cannot.
   * @param label what is put with the URL has this label
   */
  readonly presign?: (key: string, method: 'GET' | 'PUT', expiresMs: number, label?: Label) => Promise<string>;
  /**
   * What lets tasks put objects under `prefix` until it expires. Undefined where the store cannot.
   * @param prefix of keys, with a slash at its end
   * @param label what is put with it has this label
   */
  readonly grant?: (prefix: string, expiresMs: number, label?: Label) => Promise<PutGrant>;
  /** Ends connections that are kept open. */
  close(): void;
}
