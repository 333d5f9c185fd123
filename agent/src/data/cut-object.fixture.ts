import type { ByteSource } from './byte-source.js';
import type { DataPart, PartFormat } from './data-part.js';
import { type OpenPart, openPart } from './open-part.js';

const unending = new AbortController().signal;

/** An object in memory, and how it is cut and read. */
export interface CutObject {
  readonly object: Buffer;
  readonly format: PartFormat;
  /** Between parts. */
  readonly borders: readonly number[];
  /** Sizes of the chunks that are read, in turn. @defaultValue the whole object */
  readonly chunkSizes?: readonly number[];
  /** @defaultValue true */
  readonly isSizeKnown?: boolean;
  /** The source can read into memory that it is given. @defaultValue false */
  readonly isReadInto?: boolean;
}

/** An object in memory that comes in chunks of sizes that take turns. */
function memorySource(object: Buffer, chunkSizes: readonly number[], isReadInto: boolean): ByteSource {
  async function* read(start: number, end: number) {
    let turn = 0;
    for (let at = start; at < Math.min(end, object.length); ) {
      const size = chunkSizes[turn++ % chunkSizes.length] ?? object.length;
      const chunk = object.subarray(at, Math.min(at + size, end, object.length));
      at += chunk.length;
      yield chunk;
    }
  }
  if (!isReadInto) return { read };
  return {
    read,
    async *readInto(start, end, room) {
      for await (const chunk of read(start, end)) {
        const place = room().subarray(0, chunk.length);
        place.set(chunk);
        yield place;
      }
    },
  };
}

export function partsOf({
  object,
  format,
  borders,
  chunkSizes = [],
  isSizeKnown = true,
  isReadInto = false,
}: CutObject): OpenPart[] {
  const starts = [0, ...borders];
  return starts.map((start, part) => {
    const known = isSizeKnown ? { bytes: object.length } : {};
    const end = starts[part + 1] ?? known.bytes ?? Number.MAX_SAFE_INTEGER;
    const cut: DataPart = {
      megalith: 'part',
      from: { file: '/none' },
      name: 'object',
      start,
      end,
      part,
      format,
      ...known,
    };
    return openPart(cut, unending, memorySource(object, chunkSizes, isReadInto));
  });
}

export async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const value of values) found.push(value);
  return found;
}

export interface NaiveRecord {
  readonly at: number;
  readonly end: number;
  /** Without newline. */
  readonly bytes: Buffer;
  /** It has a quote that is not closed. */
  readonly isOpen: boolean;
}

/** Records as a pattern finds them in the whole object; its group `bare` is one without newline, its group `open` matches where a quote is not closed. */
export function naiveRecords(object: Buffer, pattern: RegExp): NaiveRecord[] {
  const text = object.toString('latin1');
  return [...text.matchAll(pattern)]
    .filter(match => match[0] !== '')
    .map(match => ({
      at: match.index,
      end: match.index + match[0].length,
      bytes: Buffer.from(match.groups?.bare ?? '', 'latin1'),
      isOpen: match.groups?.open !== undefined,
    }));
}

export function asText({ at, bytes }: NaiveRecord): string {
  const text = bytes.toString();
  return at === 0 ? text.replace(/^\ufeff/, '') : text;
}
