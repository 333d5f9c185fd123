import { MegalithError, type PartFormat } from '@megalith/agent';
import { parseDuration } from '../config/duration.js';
import { parseSize } from '../config/size.js';
import type { Duration, Size } from '../executor/types.js';
import type { ByteRange } from '../storage/storage.js';

/** Where an object is cut, as its user has it. */
export interface SplittableObject {
  readonly name: string;
  readonly bytes: number;
  read(range?: ByteRange): AsyncIterable<Uint8Array>;
}

export type Splitter = (object: SplittableObject) => Iterable<number> | AsyncIterable<number>;

/** How objects are cut into parts. */
export interface DataOptions {
  /** Bytes of a part; records at its end are finished, so that it may have a little more. @defaultValue one part an object */
  readonly chunkSize?: Size;
  /** So many parts of each object, as long as it has so many bytes. */
  readonly chunks?: number;
  /** Gives the offsets at which parts begin, ascending; 0 need not be among them. Records are as `format` says. */
  readonly splitter?: Splitter;
  /** @defaultValue by the end of the name: .csv, .tsv, .ndjson and .jsonl, .txt and .log (lines), each also with .gz; else bytes */
  readonly format?: 'bytes' | 'lines' | 'csv' | 'ndjson' | 'records' | PartFormat;
  /** The first record is a header, which each part gives apart. @defaultValue true for csv, else false */
  readonly header?: boolean;
  /** Of csv. @defaultValue `"` */
  readonly quote?: string;
  /** Of csv. @defaultValue `,`, and a tab for .tsv */
  readonly delimiter?: string;
  /**
   * Fields of csv may hold newlines. To cut such an object it is read once by this program, from its first byte to its last; with `false` it is cut
   * where lines end, without reading it. @defaultValue true
   */
  readonly quotedNewlines?: boolean;
  /** Of records of a fixed size, bytes. */
  readonly recordBytes?: number;
  /** So long may tasks read what they are given URLs for. Seven days at most, and no longer than the credentials last. @defaultValue 12 h */
  readonly readableFor?: Duration;
  /** Machines see the same files under the same paths, so that parts of local files may go there. @defaultValue false */
  readonly sameFiles?: boolean;
  /** Megalith's home, whose config names stores. @defaultValue see `megalithHome` */
  readonly home?: string;
  readonly signal?: AbortSignal;
}

/** Options with their texts read. */
export interface CutPlan {
  readonly chunkBytes: number | undefined;
  readonly chunks: number | undefined;
  readonly splitter: Splitter | undefined;
  formatOf(name: string): PartFormat;
}

/** What a signature of version 4 may last. */
const longestReadableMs = 7 * 24 * 3600_000;

/** @throws MegalithError USAGE, naming the option */
export function cutPlan(options: DataOptions): CutPlan {
  const { chunkSize, chunks, splitter, recordBytes } = options;
  if ([chunkSize, chunks, splitter].filter(each => each !== undefined).length > 1)
    throw usage('only one of "chunkSize", "chunks" and "splitter" can say how objects are cut');
  const chunkBytes = chunkSize === undefined ? undefined : parseSize(chunkSize);
  if (chunkBytes === 0) throw usage('"chunkSize" must be above 0');
  if (chunks !== undefined && !(Number.isSafeInteger(chunks) && chunks > 0))
    throw usage(`"chunks" must be a whole number above 0, not ${chunks}`);
  if (recordBytes !== undefined && !(Number.isSafeInteger(recordBytes) && recordBytes > 0))
    throw usage(`"recordBytes" must be a whole number above 0, not ${recordBytes}`);
  if (options.format === 'records' && recordBytes === undefined)
    throw usage('records of a fixed size need "recordBytes"');
  return { chunkBytes, chunks, splitter, formatOf: name => formatOf(name, options) };
}

/** Milliseconds. @throws MegalithError USAGE */
export function readableMs({ readableFor = '12h' }: DataOptions): number {
  const ms = parseDuration(readableFor);
  if (ms >= 1000 && ms <= longestReadableMs) return ms;
  throw usage(`"readableFor" must be 1s to 7d, not ${readableFor}`);
}

function formatOf(name: string, options: DataOptions): PartFormat {
  const { format = byName(name) } = options;
  if (typeof format === 'object') return format;
  const { header, quote, delimiter, quotedNewlines = true, recordBytes = 1 } = options;
  switch (format) {
    case 'gzip': {
      const inner = formatOf(name.replace(packed, ''), options);
      return inner.type === 'gzip' ? inner : { type: 'gzip', inner };
    }
    case 'csv': {
      const separator = delimiter ?? (/\.tsv$/i.test(name.replace(packed, '')) ? '\t' : undefined);
      return {
        type: quotedNewlines ? 'csv' : 'lines',
        header: header ?? true,
        ...(quote === undefined ? {} : { quote }),
        ...(separator === undefined ? {} : { delimiter: separator }),
      };
    }
    case 'lines':
      return header === undefined ? { type: 'lines' } : { type: 'lines', header };
    case 'records':
      return { type: 'records', bytes: recordBytes };
    default:
      return { type: format };
  }
}

const packed = /\.(gz|gzip)$/i;
const byEnd: readonly (readonly [RegExp, 'csv' | 'ndjson' | 'lines' | 'gzip'])[] = [
  [/\.(csv|tsv)$/i, 'csv'],
  [/\.(ndjson|jsonl)$/i, 'ndjson'],
  [/\.(txt|log)$/i, 'lines'],
  [packed, 'gzip'],
];

function byName(name: string): 'csv' | 'ndjson' | 'lines' | 'gzip' | 'bytes' {
  return byEnd.find(([end]) => end.test(name))?.[1] ?? 'bytes';
}

function usage(message: string): MegalithError {
  return new MegalithError('USAGE', message, { hint: 'see the options of "data"' });
}
