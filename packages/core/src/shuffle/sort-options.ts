import { MegalithError } from '@megalith/agent';
import { parseSize } from '../config/size.js';
import type { FunctionOptions, Size, TaskContext } from '../executor/types.js';

/** What lines are sorted by: a field of each, or what a function makes of it. Numbers come before text, and text is in the order of its bytes. */
export type SortKey =
  | { readonly field: number /** One character of one byte. @defaultValue a tab */; readonly delimiter?: string }
  | ((line: string) => string | number);

/** What both `sort` and `groupByKey` take. */
export interface ShuffleOptions extends Omit<FunctionOptions, 'memory' | 'isolation' | 'shared' | 'detached'> {
  /** Of each task: the more, the fewer runs. @defaultValue 256MiB */
  readonly memory?: Size;
  /** In how many parts the second half is done. @defaultValue enough for all processors, and for parts of some size */
  readonly partitions?: number;
  /** A folder of this machine for what stands between the two halves: it needs as much room as the data has. @defaultValue `shuffle` in Megalith's home */
  readonly scratch?: string;
}

export interface SortOptions<I = unknown> extends ShuffleOptions {
  /** A file of this machine: it is there whole, or as it was before. */
  readonly output: string;
  /** @defaultValue the bytes of the whole line, as `LC_ALL=C sort` */
  readonly by?: SortKey;
  /** Lines of an item. @defaultValue items are paths of files, or parts of data: then their records, without newlines */
  readonly read?: (item: I, context: TaskContext) => LinesOf | PromiseLike<LinesOf>;
}

type LinesOf = Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

/** A sort that is done. */
export interface SortedFile {
  readonly output: string;
  readonly lines: number;
  readonly bytes: number;
}

const defaultMemory = '256MiB';

/** Of each task, bytes. @throws MegalithError USAGE */
export function memoryOf({ memory = defaultMemory }: ShuffleOptions): number {
  if (typeof memory !== 'function') return parseSize(memory);
  throw new MegalithError('USAGE', '"memory" of a shuffle must be one size', {
    hint: 'it says how much each task sorts at once',
  });
}

/** @throws MegalithError USAGE */
export function checkPartitions(partitions: number | undefined): void {
  if (partitions === undefined || (Number.isInteger(partitions) && partitions > 0)) return;
  throw new MegalithError('USAGE', `"partitions" must be a whole number above 0, not ${partitions}`);
}

/** The byte between fields. @throws MegalithError USAGE */
export function fieldOf(by: Exclude<SortKey, (line: string) => unknown>): { field: number; delimiter: number } {
  const { field, delimiter = '\t' } = by;
  const bytes = Buffer.from(String(delimiter));
  if (!(Number.isInteger(field) && field > 0)) {
    throw new MegalithError('USAGE', `"by.field" must be a whole number above 0, not ${field}`, {
      hint: 'fields are counted from 1',
    });
  }
  if (bytes.length !== 1 || bytes[0] === 0x0a) {
    throw new MegalithError('USAGE', `"by.delimiter" must be one character of one byte, not "${delimiter}"`);
  }
  return { field, delimiter: bytes[0]! };
}
