import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { MegalithError } from '@megalith/core';
import { csv } from './csv.js';
import { glob, isGlob } from './glob.js';
import { jsonArray } from './json-array.js';
import { lines } from './lines.js';
import { ndjson } from './ndjson.js';
import { text } from './text.js';

/** Items to come, read only as fast as they are taken. */
export interface DataSource<T> {
  readonly items: AsyncIterable<T>;
  /** Part of the input that was read so far, 0 to 1; undefined where its size is not known. */
  fractionRead(): number | undefined;
  /** Stops the reading, also of an input that has nothing to give for now. */
  close(): void;
}

/** What `run --each` takes: `-` (lines of stdin), a file (its lines), or a glob (the files that match). */
export async function openItems(source: string, separator: '\n' | '\0'): Promise<DataSource<string>> {
  const input = await open(source);
  if (input.kind === 'glob') return pathSource(source);
  return {
    items: lines(text(input.bytes, input.name), separator),
    fractionRead: input.fractionRead,
    close: input.close,
  };
}

/** What `map --data` takes: `-` (NDJSON of stdin), a `.json`, `.ndjson`, `.jsonl` or `.csv` file, or a glob (one path an item). */
export async function openData(source: string): Promise<DataSource<unknown>> {
  const format = source === '-' ? '.ndjson' : extname(source).toLowerCase();
  const input = await open(source);
  if (input.kind === 'glob') return pathSource(source);
  const read = dataFormats[format];
  if (read === undefined) {
    throw new MegalithError('USAGE', `cannot tell the format of "${source}" from its name`, {
      hint: `name it ${Object.keys(dataFormats).join(', ')}, or pass one JSON value a line on standard input with "--data -"`,
    });
  }
  return {
    items: read(text(input.bytes, input.name), input.name),
    fractionRead: input.fractionRead,
    close: input.close,
  };
}

const dataFormats: Readonly<Record<string, (chunks: AsyncIterable<string>, source: string) => AsyncIterable<unknown>>> =
  {
    '.json': jsonArray,
    '.ndjson': ndjson,
    '.jsonl': ndjson,
    '.csv': csv,
  };

type Input = { readonly kind: 'glob' } | FileInput;

interface FileInput extends Omit<DataSource<never>, 'items'> {
  readonly kind: 'bytes';
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly name: string;
}

async function open(source: string): Promise<Input> {
  if (source === '-') {
    if (process.stdin.isTTY) {
      throw new MegalithError('USAGE', 'standard input is a terminal, and "-" reads items from it', {
        hint: 'pipe the items in, or name a file or a glob',
      });
    }
    return {
      kind: 'bytes',
      bytes: process.stdin,
      name: 'standard input',
      fractionRead: () => undefined,
      close: () => void process.stdin.destroy(),
    };
  }
  const found = await stat(source).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) {
    if (isGlob(source)) return { kind: 'glob' };
    const problem = found.code === 'ENOENT' ? 'there is no such file' : found.message;
    throw new MegalithError('USAGE', `cannot read "${source}": ${problem}`, {
      hint: 'name a file, a quoted glob, or "-" for standard input',
    });
  }
  if (found.isDirectory()) {
    throw new MegalithError('USAGE', `cannot read "${source}": it is a folder`, {
      hint: `for the files in it, give a glob: '${source}/*'`,
    });
  }
  const stream = createReadStream(source);
  // A pipe or device has no size to measure against.
  const size = found.isFile() ? found.size : 0;
  return {
    kind: 'bytes',
    bytes: stream as AsyncIterable<Uint8Array>,
    name: source,
    fractionRead: () => (size === 0 ? undefined : Math.min(1, stream.bytesRead / size)),
    close: () => void stream.destroy(),
  };
}

async function pathSource(pattern: string): Promise<DataSource<string>> {
  const paths = glob(pattern);
  const first = await paths.next();
  if (first.done === true) {
    throw new MegalithError('USAGE', `"${pattern}" matches no file`, {
      hint: 'quote a glob, so that the shell leaves it to megalith',
    });
  }
  return {
    items: withFirst(first.value, paths),
    fractionRead: () => undefined,
    close: () => void paths.return(undefined),
  };
}

async function* withFirst<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield first;
  yield* rest;
}
