import { closeSync, ftruncateSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { diskFailure, type FileLines, MegalithError, usableCpus } from '@megalith/agent';
import type { Job, TaskContext } from '../executor/types.js';
import { functionWork } from '../executor/work.js';
import { cutKeys } from './cut-keys.js';
import { type KeyRange, mergeLines } from './merge-lines.js';
import { refusedShuffle } from './refused-shuffle.js';
import { removedAtEnd } from './removed-at-end.js';
import { ownedPath } from './scratch-folder.js';
import { type Shuffle, type ShuffleDesk, Shuffling } from './shuffling.js';
import { fieldOf, memoryOf, type SortedFile, type SortOptions } from './sort-options.js';
import { isPart, type SortReport, sortToRuns } from './sort-to-runs.js';

/** A sort on its way: `await` gives what it made, or throws the first failure. */
export interface Sorting extends PromiseLike<SortedFile> {
  /** The runs. */
  readonly job: Job<unknown>;
  /** The merges: one task a part of the output. */
  readonly reduceJob: Job<unknown>;
  cancel(reason?: string): void;
}

/** So many times its memory, a task sorts at most: what it did by then is not lost by a failure. */
const runsOfTask = 8;
const leastPartBytes = 2 ** 20;

/** It never throws: whatever is wrong with the call, its jobs fail with it. */
export function startSort(source: unknown, options: SortOptions<never>, desk: ShuffleDesk): Sorting {
  let shuffle: Shuffle<SortReport, void>;
  let sorted: Promise<SortedFile>;
  try {
    const target = targetOf(options);
    const temporary = ownedPath(folderOf(target), `-${basename(target)}`);
    const begun = shufflingOf(source, { ...options, output: target }, temporary, desk);
    shuffle = begun;
    sorted = sortInto(target, temporary, begun);
  } catch (error) {
    shuffle = refusedShuffle('sort', error, desk);
    sorted = Promise.reject(error);
  }
  // Whoever awaits it hears of it.
  sorted.catch(() => undefined);
  return {
    job: shuffle.job,
    reduceJob: shuffle.reduceJob,
    cancel: (reason = 'by the caller') => shuffle.cancel(reason),
    // biome-ignore lint/suspicious/noThenProperty: it is awaited like a promise
    then: (onFulfilled, onRejected) => sorted.then(onFulfilled, onRejected),
  };
}

/** @throws MegalithError USAGE */
function targetOf({ output }: SortOptions<never>): string {
  if (typeof output === 'string' && output !== '') return resolve(output);
  throw new MegalithError('USAGE', '"output" must be the path of a file');
}

/** @throws MegalithError USAGE, NOT_FOUND */
function shufflingOf(
  source: unknown,
  { output: target, by, read, ...rest }: SortOptions<never>,
  temporary: string,
  desk: ShuffleDesk,
): Shuffling<SortReport, void> {
  const keyOf = typeof by === 'function' ? by : undefined;
  const field = typeof by === 'object' ? fieldOf(by) : undefined;
  return new Shuffling<SortReport, void>(
    {
      name: 'sort',
      items: read === undefined ? linesOf(source, memoryOf(rest)) : source,
      options: { ...rest, writes: [...(rest.writes ?? []), target] },
      first: (spec, shipped) =>
        functionWork(
          (item: unknown, context: TaskContext) => sortToRuns({ field, keyOf, read }, item, context, spec),
          shipped,
        ),
      second: (spec, shipped) =>
        functionWork((item: KeyRange, context: TaskContext) => mergeLines(item, context, spec), shipped),
      parts: (reports, parts) => {
        const cuts = cutKeys(
          reports.flatMap(({ samples }) => samples),
          parts,
        );
        return [undefined, ...cuts].map((from, index) => ({ from, to: cuts[index], file: temporary }));
      },
    },
    'sort',
    desk,
  );
}

async function sortInto(
  target: string,
  temporary: string,
  shuffling: Shuffling<SortReport, void>,
): Promise<SortedFile> {
  using _removed = removedAtEnd(temporary);
  try {
    const { reports } = await shuffling.run(made => makeRoom(temporary, bytesOf(made)));
    renameSync(temporary, target);
    return { output: target, lines: reports.reduce((sum, { records }) => sum + records, 0), bytes: bytesOf(reports) };
  } finally {
    await shuffling.end();
    rmSync(temporary, { force: true });
  }
}

function bytesOf(reports: readonly SortReport[]): number {
  return reports.reduce((sum, { lineBytes }) => sum + lineBytes, 0);
}

function makeRoom(path: string, bytes: number): void {
  const fd = openSync(path, 'wx');
  try {
    ftruncateSync(fd, bytes);
  } catch (error) {
    throw diskFailure(error, path);
  } finally {
    closeSync(fd);
  }
}

/** Paths as parts of files; anything else is taken for parts of data. */
function linesOf(source: unknown, memoryBytes: number): unknown {
  if (typeof source === 'string') return filePartsOf([source], memoryBytes);
  if (!Array.isArray(source)) return source;
  if (source.every(each => typeof each === 'string')) return filePartsOf(source, memoryBytes);
  if (source.every(isPart)) return source;
  throw new MegalithError('USAGE', 'what is sorted must be paths of files, or parts of data', {
    hint: 'for other items say with "read" what lines they have',
  });
}

/** Files cut anywhere: a line belongs to the part in which it begins. */
function filePartsOf(files: readonly string[], memoryBytes: number): FileLines[] {
  const sized = files.map(file => ({ file: resolve(file), bytes: sizeOf(resolve(file)) }));
  const total = sized.reduce((sum, { bytes }) => sum + bytes, 0);
  const partBytes = Math.max(leastPartBytes, Math.min(Math.ceil(total / usableCpus()), runsOfTask * memoryBytes));
  return sized.flatMap(({ file, bytes }) => {
    const parts = Math.ceil(bytes / partBytes);
    return Array.from({ length: parts }, (_, part) => ({
      file,
      start: Math.floor((part * bytes) / parts),
      end: Math.floor(((part + 1) * bytes) / parts),
    }));
  });
}

function sizeOf(file: string): number {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isFile() === true) return found.size;
  throw new MegalithError('NOT_FOUND', found === undefined ? `there is no file "${file}"` : `"${file}" is not a file`);
}

function folderOf(target: string): string {
  const folder = dirname(target);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return folder;
  throw new MegalithError('NOT_FOUND', `there is no folder "${folder}" for the output`);
}
