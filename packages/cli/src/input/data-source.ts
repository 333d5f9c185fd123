import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { glob, isGlob, MegalithError } from '@megalith/core';
import { csv } from './csv.js';

import { jsonArray } from './json-array.js';
import { lines } from './lines.js';
import { ndjson } from './ndjson.js';
import { readPaths, stdinPath } from './read-paths.js';
import { text } from './text.js';

/** Items to come, read only as fast as they are taken; those of a glob, and of a small file, are known at once. */
export interface DataSource<T> {
  readonly items: AsyncIterable<T> | readonly T[];
  /** Paths of the files that it is read from. */
  readonly reads: readonly string[];
  /** Part of the input that was read so far, 0 to 1; undefined where its size is not known. */
  fractionRead(): number | undefined;
  /** Stops the reading, also of an input that has nothing to give for now. */
  close(): void;
}

/** What `run --each` takes: `-` (lines of stdin), a file (its lines), or a glob (the files that match). */
export async function openItems(source: string, separator: '\n' | '\0'): Promise<DataSource<string>> {
  const input = await open(source);
  if (input.kind === 'glob') return pathSource(source);
  return itemSource(input, lines(text(input.bytes, input.name), separator));
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
  return itemSource(input, read(text(input.bytes, input.name), input.name));
}

const dataFormats: Readonly<Record<string, (chunks: AsyncIterable<string>, source: string) => AsyncIterable<unknown>>> =
  {
    '.json': jsonArray,
    '.ndjson': ndjson,
    '.jsonl': ndjson,
    '.csv': csv,
  };

type Input = { readonly kind: 'glob' } | ByteInput;

interface ByteInput extends Omit<DataSource<never>, 'items'> {
  readonly kind: 'bytes';
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly name: string;
  /** Undefined for what may grow, or wait. */
  readonly size: number | undefined;
}

/** How many items there are says much of where they best run: what is read in milliseconds is read at once, for that. */
const smallBytes = 2 ** 20;

async function itemSource<T>(input: ByteInput, items: AsyncIterable<T>): Promise<DataSource<T>> {
  const { reads, fractionRead, close, size = Number.POSITIVE_INFINITY } = input;
  return { items: size <= smallBytes ? await listOf(items) : items, reads, fractionRead, close };
}

async function listOf<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function open(source: string): Promise<Input> {
  if (source === '-') {
    if (process.stdin.isTTY) {
      throw new MegalithError('USAGE', 'standard input is a terminal, and "-" reads items from it', {
        hint: 'pipe the items in, or name a file or a glob',
      });
    }
    const path = stdinPath();
    return {
      kind: 'bytes',
      bytes: process.stdin,
      size: undefined,
      reads: path === undefined ? [] : [path],
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
  // A pipe or device has no size to measure against, and neither have files that a kernel makes up.
  const size = found.isFile() && found.size > 0 ? found.size : undefined;
  return {
    kind: 'bytes',
    bytes: stream as AsyncIterable<Uint8Array>,
    name: source,
    size,
    reads: readPaths([source]),
    fractionRead: () => (size === undefined ? undefined : Math.min(1, stream.bytesRead / size)),
    close: () => void stream.destroy(),
  };
}

async function pathSource(pattern: string): Promise<DataSource<string>> {
  const paths = await listOf(glob(pattern));
  if (paths.length === 0) {
    throw new MegalithError('USAGE', `"${pattern}" matches no file`, {
      hint: 'quote a glob, so that the shell leaves it to megalith',
    });
  }
  return {
    items: paths,
    reads: readPaths(paths),
    fractionRead: () => undefined,
    close: () => undefined,
  };
}
