import {
  addFileLines,
  type DataPart,
  eachLine,
  type FileLines,
  type LineField,
  MegalithError,
  RunMaker,
  type RunSummary,
} from '@megalith/agent';
import { inShort } from '../executor/task-error.js';
import type { TaskContext } from '../executor/types.js';
import { encodeKey } from './key-code.js';
import type { RunReport } from './map-to-runs.js';
import { type ShuffleSpec, type TaskPlace, taskPlace } from './shuffle-task.js';

/** How lines come to be, and what they are sorted by. */
export interface LineSource {
  readonly field: LineField | undefined;
  readonly keyOf: ((line: string) => string | number) | undefined;
  /** Undefined: items are ranges of files, or parts of data. */
  readonly read: ((item: never, context: TaskContext) => unknown) | undefined;
}

/** What some of a run's keys are, and how many bytes of lines each stands for. */
export interface KeySamples {
  readonly keys: readonly Uint8Array[];
  readonly bytesEach: number;
}

export interface SortReport extends RunReport {
  readonly samples: readonly KeySamples[];
  /** Of all lines, with their newlines. */
  readonly lineBytes: number;
}

/** More of each run tell little more of where the parts are best cut. */
const samplesOfRun = 128;

/** One task of the first half of `sort`. */
export async function sortToRuns(
  source: LineSource,
  item: unknown,
  context: TaskContext,
  spec: ShuffleSpec,
): Promise<SortReport> {
  const place = taskPlace(spec, 'm', context);
  const { exchange, name } = place;
  const maker = new RunMaker({ memoryBytes: spec.memoryBytes, scratch: exchange.scratch, name });
  if (source.read === undefined && source.keyOf === undefined && !isPart(item)) {
    await addFileLines(item as FileLines, maker, async () => place.pause(), source.field);
  } else {
    await addLines(source, item, context, maker, place);
  }
  const runs = maker.finish();
  const names: string[] = [];
  for (const run of runs) names.push(await exchange.write(run));
  return {
    names,
    bytes: sumOf(runs, ({ dataBytes }) => dataBytes),
    records: sumOf(runs, ({ records }) => records),
    lineBytes: sumOf(runs, ({ lineBytes }) => lineBytes),
    samples: runs.map(samplesOf),
  };
}

async function addLines(
  { read, keyOf, field }: LineSource,
  item: unknown,
  context: TaskContext,
  maker: RunMaker,
  { pause }: TaskPlace,
): Promise<void> {
  const lines: unknown = read === undefined ? linesIn(item, context) : await read(item as never, context);
  const add = (line: unknown): void => {
    if (typeof line !== 'string' && !(line instanceof Uint8Array)) throw notALine(line);
    const bytes = typeof line === 'string' ? Buffer.from(line) : line;
    if (bytes.includes(0x0a)) {
      throw new MegalithError('USAGE', `"read" gave a line with a newline inside, ${inShort(String(line))}`, {
        hint: 'it would come out as two: replace it, or split there',
      });
    }
    if (keyOf !== undefined) {
      maker.add(encodeKey(sortable(keyOf(typeof line === 'string' ? line : Buffer.from(bytes).toString()))), bytes);
    } else if (field !== undefined) maker.add(fieldIn(bytes, field), bytes);
    else maker.add(bytes, undefined);
  };
  if (typeof lines === 'object' && lines !== null && Symbol.iterator in lines) {
    for (const line of lines as Iterable<unknown>) {
      add(line);
      await pause();
    }
  } else if (typeof lines === 'object' && lines !== null && Symbol.asyncIterator in lines) {
    for await (const line of lines as AsyncIterable<unknown>) {
      add(line);
      await pause();
    }
  } else {
    throw new MegalithError('USAGE', `"read" gave ${inShort(lines)}, which holds no lines`, {
      hint: 'make it a generator that yields lines, or return an array of them',
    });
  }
}

function linesIn(item: unknown, context: TaskContext): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  return isPart(item) ? context.open(item).records() : eachLine(item as FileLines);
}

/** Whether it is a part of data, as `data` makes them. */
export function isPart(item: unknown): item is DataPart {
  return typeof item === 'object' && item !== null && 'megalith' in item && item.megalith === 'part';
}

function sortable(key: unknown): string | number {
  if (typeof key === 'string' || typeof key === 'number') return key;
  throw new MegalithError('USAGE', `"by" gave ${inShort(key)}, which is neither text nor a number`);
}

function fieldIn(line: Uint8Array, { field, delimiter }: LineField): Uint8Array {
  let from = 0;
  for (let passed = 1; passed < field; passed++) {
    const found = line.indexOf(delimiter, from);
    if (found === -1) return new Uint8Array(0);
    from = found + 1;
  }
  const to = line.indexOf(delimiter, from);
  return line.subarray(from, to === -1 ? line.length : to);
}

function samplesOf({ samples, lineBytes }: RunSummary): KeySamples {
  const each = Math.ceil(samples.length / samplesOfRun);
  const keys = samples.filter((_, index) => index % each === 0).map(({ key }) => new Uint8Array(key));
  return { keys, bytesEach: keys.length === 0 ? 0 : lineBytes / keys.length };
}

function sumOf(runs: readonly RunSummary[], what: (run: RunSummary) => number): number {
  return runs.reduce((sum, run) => sum + what(run), 0);
}

function notALine(line: unknown): MegalithError {
  return new MegalithError('USAGE', `"read" gave ${inShort(line)} where a line belongs`, {
    hint: 'give text, or bytes, without a newline',
  });
}
