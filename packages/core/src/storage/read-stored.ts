import type { Readable } from 'node:stream';
import type { MegalithError } from '@megalith/agent';
import { within } from './byte-range.js';
import { notFound } from './key-errors.js';
import { readOnce } from './read-once.js';
import { readResuming } from './read-resuming.js';
import type { ByteRange, ReadOptions, StoredBytes, StoredObject } from './storage.js';

/** How a store over HTTP opens what is in an object. */
export interface OpeningCalls {
  readonly timing: { readonly idleMs: number };
  /** Undefined where there is no such object. @param options with an etag: only that version of it */
  open(
    key: string,
    what: string,
    options: {
      readonly range?: ByteRange | undefined;
      readonly etag?: string;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<{ readonly object: StoredObject; readonly source: Readable } | undefined>;
  failure(what: string, error: unknown): MegalithError;
}

/**
 * The object, or a part of it, over as many connections as it takes.
 * @param whileReading in words, for a connection that brings nothing: `to read "a"`
 * @throws MegalithError NOT_FOUND
 */
export async function readStored(
  calls: OpeningCalls,
  key: string,
  url: string,
  { range, signal }: ReadOptions,
  whileReading: string,
): Promise<StoredBytes> {
  const what = `to read "${key}"`;
  const opened = await calls.open(key, what, { range, signal });
  if (opened === undefined) throw notFound(key, url);
  const { object, source } = opened;
  const { start, length } = within(range, object.bytes);
  const again = async (offset: number) => {
    const rest = { start: start + offset, end: start + length - 1 };
    const next = await calls.open(key, what, { range: rest, etag: object.etag, signal });
    if (next === undefined) throw notFound(key, url);
    return next.source;
  };
  const limits = { what: whileReading, stallMs: calls.timing.idleMs, signal };
  async function* chunks() {
    try {
      yield* readResuming(source, length, again, limits);
    } catch (error) {
      throw calls.failure(what, error);
    }
  }
  return readOnce(object, source, chunks, signal);
}
