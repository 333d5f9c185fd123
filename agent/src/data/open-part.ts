import { constants } from 'node:buffer';
import { MegalithError } from '../errors.js';
import { type ByteSource, sourceOf } from './byte-source.js';
import { CsvEnd } from './csv-end.js';
import { columnNames, csvFields, rowOf } from './csv-fields.js';
import { csvStyle } from './csv-style.js';
import type { DataPart } from './data-part.js';
import { flattened } from './flattened.js';
import type { LineBatch } from './line-batch.js';
import { blockBatches, scannedBatches } from './line-batches.js';
import { firstRecord, type PlainFormat, partPieces } from './part-pieces.js';
import {
  type Block,
  type Cutter,
  csvCutter,
  fixedCutter,
  lfCutter,
  lineCutter,
  recordBlocks,
} from './record-blocks.js';
import { headerText, recordAt, recordsOf, textsOf } from './record-texts.js';
import { requirePart } from './require-part.js';
import { UnpackedSource } from './unpacked-source.js';

/**
 * A part of an object, open to be read. Each call reads anew, as often as wanted; a loop that is left closes what it opened, and the task's end
 * closes the rest. Memory is flat whatever the part's size, but for `bytes()` and for single records.
 * All throw MegalithError DATA_CHANGED, NOT_FOUND, STORE_FAILED, CANCELLED, and USAGE for what the part's format does not have.
 */
export interface OpenPart {
  readonly part: DataPart;
  /** All bytes of the part's records. */
  bytes(): Promise<Uint8Array>;
  /** The bytes of the part's records with their newlines: what all parts of an object give is the object, its header apart. */
  stream(): AsyncIterable<Uint8Array>;
  /**
   * Records as text: UTF-8, without newline. A line that is kept may keep the 64 KiB around it in memory.
   * @throws MegalithError OVER_MEMORY for a line of more than 512 MiB
   */
  lines(): AsyncIterable<string>;
  /** As `lines`, many at a time, and so several times faster. */
  lineChunks(): AsyncIterable<readonly string[]>;
  /** Records as bytes, without newline. One that is kept may keep the 1 MiB around it in memory. */
  records(): AsyncIterable<Uint8Array>;
  /** Records by the thousand with where each ends, for loops that make nothing for each: by far the fastest. See LineBatch. */
  batches(): AsyncIterable<LineBatch>;
  /** The value of each line that is not blank. @throws MegalithError USAGE for a line that is no JSON */
  json<T = unknown>(): AsyncIterable<T>;
  /**
   * Records of CSV by the names of the header, else by their column's number from 0; blank ones are none.
   * @throws MegalithError USAGE for a row with more or fewer fields than the header, and for a quote that is not closed
   */
  rows(): AsyncIterable<Record<string, string>>;
  /** The object's first record, where its format says that it is a header; undefined where it does not, or the object is empty. */
  header(): Promise<string | undefined>;
}

/**
 * @param signal ends every read, also one that nobody waits for
 * @throws MegalithError USAGE for what is no part
 */
export function openPart(part: DataPart, signal: AbortSignal, source?: ByteSource): OpenPart {
  const required = requirePart(part);
  return new PartReader(required, source ?? sourceOf(required, signal));
}

class PartReader implements OpenPart {
  readonly part: DataPart;
  readonly #source: ByteSource;
  /** What is read: of a compressed object, what is inside. */
  readonly #inside: DataPart;
  readonly #format: PlainFormat;
  #header: Promise<string | undefined> | undefined;

  constructor(part: DataPart, source: ByteSource) {
    this.part = part;
    if (part.format.type === 'gzip') {
      const { bytes: _, ...rest } = part;
      this.#inside = { ...rest, start: 0, end: Number.MAX_SAFE_INTEGER };
      this.#format = part.format.inner;
      this.#source = new UnpackedSource(source, part);
    } else {
      this.#inside = part;
      this.#format = part.format;
      this.#source = source;
    }
  }

  async bytes(): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of this.stream()) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > constants.MAX_LENGTH) {
        throw new MegalithError(
          'OVER_MEMORY',
          `part ${this.part.part} of "${this.part.name}" is too large for one array`,
          {
            hint: 'take it by stream(), or cut the object into smaller parts',
          },
        );
      }
    }
    return Buffer.concat(chunks);
  }

  async *stream(): AsyncGenerator<Uint8Array> {
    for await (const { bytes } of partPieces(this.#source, this.#inside, this.#format)) yield bytes;
  }

  lines(): AsyncIterable<string> {
    return flattened(this.lineChunks());
  }

  async *lineChunks(): AsyncGenerator<readonly string[]> {
    this.#require('lines', ['lines', 'csv', 'ndjson']);
    for await (const block of this.#blocks(constants.MAX_STRING_LENGTH)) yield textsOf(block, this.#format);
  }

  records(): AsyncIterable<Uint8Array> {
    return flattened(this.#recordChunks());
  }

  async *#recordChunks(): AsyncGenerator<readonly Uint8Array[]> {
    this.#require('records', ['lines', 'csv', 'ndjson', 'records']);
    for await (const block of this.#blocks(constants.MAX_LENGTH)) yield recordsOf(block, this.#format);
  }

  batches(): AsyncIterable<LineBatch> {
    this.#require('records', ['lines', 'csv', 'ndjson', 'records']);
    const format = this.#format;
    if (format.type === 'lines' || format.type === 'ndjson') {
      return scannedBatches(this.#source, this.#inside, format, constants.MAX_STRING_LENGTH);
    }
    return blockBatches(this.#blocks(constants.MAX_STRING_LENGTH), format);
  }

  json<T = unknown>(): AsyncIterable<T> {
    this.#require('JSON', ['lines', 'ndjson']);
    const parse = (text: string): T | undefined => (text.trim() === '' ? undefined : (JSON.parse(text) as T));
    return flattened(
      this.#mapped(parse, (at, error) => {
        const { name } = this.part;
        return new MegalithError('USAGE', `the line at byte ${at} of "${name}" is no JSON: ${error.message}`, {
          hint: 'mend that line, or take lines() and skip it',
          cause: error,
        });
      }),
    );
  }

  rows(): AsyncIterable<Record<string, string>> {
    this.#require('rows', ['lines', 'csv']);
    return flattened(this.#rowChunks());
  }

  async *#rowChunks(): AsyncGenerator<readonly Record<string, string>[]> {
    const { name } = this.part;
    const characters = { quote: '"', delimiter: ',', ...this.#format };
    const header = await this.header();
    const names = header === undefined ? undefined : columnNames(header, characters, name);
    const parse = (text: string): Record<string, string> | undefined => {
      if (text === '') return undefined;
      const fields = csvFields(text, characters);
      if (fields === undefined) throw new Error('has a quote that is not closed');
      const row = rowOf(fields, names);
      if (row === undefined) throw new Error(`has ${fields.length} fields, the header has ${names?.length}`);
      return row;
    };
    yield* this.#mapped(parse, (at, error) => {
      return new MegalithError('USAGE', `the row at byte ${at} of "${name}" ${error.message}`, {
        hint: "mend that row, or take lines(); rows with newlines in them need the format 'csv'",
      });
    });
  }

  /** What `parse` makes of each record, without those that are undefined; what came before a bad record is given first. */
  async *#mapped<T>(
    parse: (text: string) => T | undefined,
    failure: (at: number, error: Error) => MegalithError,
  ): AsyncGenerator<readonly T[]> {
    for await (const block of this.#blocks(constants.MAX_STRING_LENGTH)) {
      const values: T[] = [];
      let failed: MegalithError | undefined;
      for (const [index, text] of textsOf(block, this.#format).entries()) {
        try {
          const value = parse(text);
          if (value !== undefined) values.push(value);
        } catch (error) {
          failed = failure(recordAt(block, index, this.#format), error as Error);
          break;
        }
      }
      yield values;
      if (failed !== undefined) throw failed;
    }
  }

  header(): Promise<string | undefined> {
    this.#header ??= this.#readHeader();
    return this.#header;
  }

  async #readHeader(): Promise<string | undefined> {
    if (!('header' in this.#format) || this.#format.header !== true) return undefined;
    const bytes = await firstRecord(this.#source, this.#inside, this.#format);
    return bytes.length === 0 ? undefined : headerText(bytes);
  }

  #blocks(mostBytes: number): AsyncGenerator<Block> {
    const pieces = partPieces(this.#source, this.#inside, this.#format);
    return recordBlocks(pieces, this.#cutter(), this.part.name, mostBytes);
  }

  #cutter(): Cutter {
    const format = this.#format;
    switch (format.type) {
      case 'csv':
        return csvCutter(new CsvEnd(csvStyle(format), this.#inside.start === 0 && format.header !== true));
      case 'ndjson':
        return lfCutter;
      case 'records':
        return fixedCutter(format.bytes);
      default:
        return lineCutter;
    }
  }

  #require(what: string, types: readonly PlainFormat['type'][]): void {
    const { type } = this.#format;
    if (types.includes(type)) return;
    throw new MegalithError('USAGE', `"${this.part.name}" has the format '${type}', which has no ${what}`, {
      hint: `cut it with the format ${types.map(known => `'${known}'`).join(' or ')}, or take bytes() or stream()`,
    });
  }
}
