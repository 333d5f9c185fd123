import { closeSync, ftruncateSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { diskFailure, type FileLines, MegalithError, usableCpus } from '@megalith/agent';
import { parseSize } from '../config/size.js';
import type { Job, TaskContext } from '../executor/types.js';
import { functionWork } from '../executor/work.js';
import { cutKeys } from './cut-keys.js';
import { type KeyRange, mergeLines } from './merge-lines.js';
import { removedAtEnd } from './removed-at-end.js';
import { ownedPath } from './scratch-folder.js';
import { type ShuffleDesk, Shuffling } from './shuffling.js';
import { defaultMemory, fieldOf, type SortedFile, type SortOptions } from './sort-options.js';
import { type SortReport, sortToRuns } from './sort-to-runs.js';

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

/** @throws MegalithError USAGE, NOT_FOUND */
export function startSort(source: unknown, options: SortOptions<never>, desk: ShuffleDesk): Sorting {
  const { output, by, read, ...rest } = options;
  if (typeof output !== 'string' || output === '') {
    throw new MegalithError('USAGE', '"output" must be the path of a file');
  }
  const target = resolve(output);
  const keyOf = typeof by === 'function' ? by : undefined;
  const field = typeof by === 'object' ? fieldOf(by) : undefined;
  const temporary = ownedPath(folderOf(target), `-${basename(target)}`);
  const shuffling = new Shuffling<SortReport, void>(
    {
      name: 'sort',
      items: read === undefined ? filePartsOf(source, parseSize(options.memory ?? defaultMemory)) : source,
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
  const sorted = sortInto(target, temporary, shuffling);
  // Whoever awaits it hears of it.
  sorted.catch(() => undefined);
  return {
    job: shuffling.job,
    reduceJob: shuffling.reduceJob,
    cancel: (reason = 'by the caller') => shuffling.cancel(reason),
    // biome-ignore lint/suspicious/noThenProperty: it is awaited like a promise
    then: (onFulfilled, onRejected) => sorted.then(onFulfilled, onRejected),
  };
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

/** Files cut anywhere: a line belongs to the part in which it begins. */
function filePartsOf(source: unknown, memoryBytes: number): FileLines[] {
  const files = typeof source === 'string' ? [source] : source;
  if (!Array.isArray(files) || !files.every(file => typeof file === 'string')) {
    throw new MegalithError('USAGE', 'what is sorted must be the path of a file, or several', {
      hint: 'for other items say with "read" what lines they have',
    });
  }
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
