import type { Label } from '../protocol/label.js';

/** How an object falls into records. */
export type PartFormat =
  /** No records: a part is exactly its bytes. */
  | { readonly type: 'bytes' }
  /** Lines that end with `\n`, `\r\n` or `\r`, of any length; the last one may have no end. Quote and delimiter are for `rows()`. */
  | { readonly type: 'lines'; readonly header?: boolean; readonly quote?: string; readonly delimiter?: string }
  /** As lines, but what stands between quotes may hold newlines. Whoever cuts it has looked: its borders are starts of records. */
  | { readonly type: 'csv'; readonly header?: boolean; readonly quote?: string; readonly delimiter?: string }
  /** One JSON value a line. */
  | { readonly type: 'ndjson' }
  /** Records of a fixed number of bytes; the last one may be shorter. */
  | { readonly type: 'records'; readonly bytes: number }
  /** A compressed object, a single part that is unpacked as it is read; `inner` is what is inside. */
  | { readonly type: 'gzip'; readonly inner: Exclude<PartFormat, { readonly type: 'gzip' }> };

/** Where a task finds the bytes: a file of its own machine, or a URL that answers ranges (http, https, presigned). */
export type PartSource =
  | { readonly file: string }
  | { readonly url: string; readonly headers?: Readonly<Record<string, string>> };

/**
 * A part of an object, as the item of a task; `context.open(part)` reads it. Plain data.
 * Of records it has those that begin in it: with `start` not at a border, the record that is under way there belongs to the part before; its last
 * record is read to its end, wherever that is. So every record is in exactly one part.
 */
export interface DataPart {
  readonly megalith: 'part';
  readonly from: PartSource;
  /** The object as people know it: `s3://bucket/key`, `/data/x.csv`. Shown in errors and logs, where `from` never is. */
  readonly name: string;
  /** First byte. */
  readonly start: number;
  /** Behind the last byte. `Number.MAX_SAFE_INTEGER` where the size of the object is not known: the part then goes to its end. */
  readonly end: number;
  /** Bytes of the whole object, where known. */
  readonly bytes?: number;
  /** The object must not have changed since it was cut: its etag, or for files `BYTES-MTIMENS`. Undefined where nothing says so. */
  readonly version?: string;
  /** Which part of its object, from 0. */
  readonly part: number;
  /** How many parts its object has, where known. */
  readonly parts?: number;
  readonly format: PartFormat;
  /** Of the data; undefined counts as what its store is cleared for. */
  readonly label?: Label;
}
