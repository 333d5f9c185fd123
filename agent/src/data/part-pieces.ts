import type { ByteSource } from './byte-source.js';
import { CsvEnd } from './csv-end.js';
import { csvStyle } from './csv-style.js';
import type { DataPart, PartFormat } from './data-part.js';
import { dataChanged, quoteOpen } from './read-failure.js';
import { LfEnd, LineEnd, type RecordEnd } from './record-end.js';

/** Bytes that follow each other, and where in the object they are. */
export interface Piece {
  readonly at: number;
  readonly bytes: Buffer;
}

export type PlainFormat = Exclude<PartFormat, { readonly type: 'gzip' }>;

/** Asked for with the part: most last records end in it, and need no second request. */
const beyondBytes = 64 * 1024;
/** Asked for once those were too few; doubled each time. */
const moreBytes = 1024 * 1024;
const mostMoreBytes = 64 * 1024 * 1024;

/** Which bytes a part's records may be in, and how to find where they begin and end. */
interface Reach {
  readonly from: number;
  /** Bytes up to the end that it finds are of the part before, or the header. */
  readonly skip?: RecordEnd;
  readonly to: number;
  /** From `to - 1` on, bytes up to the end that it finds are of the last record. */
  readonly finish?: RecordEnd;
}

/**
 * The bytes of a part's records, no others, in order. With B(x) as the first border of records at or after x, the part from `start` to `end` has
 * the bytes from B(start) to B(end): so parts that join have all bytes, once. A header is what comes before B(1).
 * @throws MegalithError DATA_CHANGED where the object is shorter than it was, and what the source throws
 */
export async function* partPieces(source: ByteSource, part: DataPart, format: PlainFormat): AsyncGenerator<Piece> {
  const objectEnd = part.bytes ?? Number.MAX_SAFE_INTEGER;
  const { from, skip, to, finish } = reachOf(part, format, objectEnd);
  if (from >= to) return;
  let isSkipping = skip !== undefined;
  for await (const { at, bytes } of readOn(source, part, from, to, finish === undefined ? to : objectEnd)) {
    let begin = 0;
    if (isSkipping && skip !== undefined) {
      begin = skip.find(bytes, 0);
      // What is under way here was begun before, and goes on behind: then nothing begins in this part.
      if (begin < 0 && at + bytes.length >= to) return;
      if (begin < 0) continue;
      isSkipping = false;
    }
    if (at + bytes.length < to || finish === undefined) {
      if (begin < bytes.length) yield { at: at + begin, bytes: bytes.subarray(begin) };
      continue;
    }
    const end = finish.find(bytes, Math.max(0, to - 1 - at));
    const stop = end < 0 ? bytes.length : end;
    if (begin < stop) yield { at: at + begin, bytes: bytes.subarray(begin, stop) };
    if (end >= 0) return;
  }
}

function reachOf(part: DataPart, format: PlainFormat, objectEnd: number): Reach {
  const start = part.start;
  const to = Math.min(part.end, objectEnd);
  switch (format.type) {
    case 'bytes':
      return { from: start, to };
    case 'records': {
      const border = (at: number): number => Math.min(objectEnd, Math.ceil(at / format.bytes) * format.bytes);
      return { from: border(start), to: border(to) };
    }
    case 'csv': {
      const hasHeader = format.header === true && start === 0;
      return { from: start, to, ...(hasHeader ? { skip: endOf(format) } : {}) };
    }
    case 'lines':
    case 'ndjson': {
      const newEnd = (): RecordEnd => endOf(format);
      const hasHeader = format.type === 'lines' && format.header === true;
      const first = hasHeader ? Math.max(1, start) : start;
      // The byte before says whether a record begins right at the border.
      const from = first === 0 ? { from: 0 } : { from: first - 1, skip: newEnd() };
      return { ...from, to, ...(to < objectEnd ? { finish: newEnd() } : {}) };
    }
  }
}

/** Finds ends of records from the object's beginning, or a border, on. */
function endOf(format: Extract<PlainFormat, { readonly type: 'lines' | 'ndjson' | 'csv' }>): RecordEnd {
  if (format.type === 'csv') return new CsvEnd(csvStyle(format), true);
  return format.type === 'lines' ? new LineEnd() : new LfEnd();
}

/** The bytes of an object's first record, its newline with them. */
export async function firstRecord(
  source: ByteSource,
  part: DataPart,
  format: Extract<PlainFormat, { readonly type: 'lines' | 'csv' }>,
): Promise<Buffer> {
  const end = endOf(format);
  const pieces: Buffer[] = [];
  for await (const { bytes } of readOn(source, part, 0, 1, part.bytes ?? Number.MAX_SAFE_INTEGER)) {
    const stop = end.find(bytes, 0);
    pieces.push(stop < 0 ? bytes : bytes.subarray(0, stop));
    if (stop >= 0) return Buffer.concat(pieces);
  }
  if (end.isOpen === true) throw quoteOpen(part.name, 0);
  return Buffer.concat(pieces);
}

/** Reads from `from` past `to`, in few requests, until `last` or the object's end. */
async function* readOn(
  source: ByteSource,
  { name, bytes: objectBytes }: DataPart,
  from: number,
  to: number,
  last: number,
): AsyncGenerator<Piece> {
  let at = from;
  let until = Math.min(last, to + beyondBytes);
  for (let more = moreBytes; at < last; more = Math.min(mostMoreBytes, more * 2)) {
    for await (const bytes of source.read(at, until)) {
      yield { at, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
      at += bytes.length;
    }
    if (at < until) {
      if (objectBytes === undefined) return;
      throw dataChanged(name, `it ends at byte ${at} now, not at ${objectBytes}`);
    }
    until = Math.min(last, at + more);
  }
}
