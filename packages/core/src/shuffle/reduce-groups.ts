import { join } from 'node:path';
import { decodeValue, encodeValue, mergeSlices, placeInRun, RunWriter, recordGroups } from '@megalith/agent';
import type { TaskContext } from '../executor/types.js';
import { decodeKey } from './key-code.js';
import { hashBytes, partBound } from './key-hash.js';
import { litterWatch } from './litter-watch.js';
import { allRuns, litterBytes, type ShuffleSpec, taskPlace } from './shuffle-task.js';

/** A part of all hashes, as the item of a task. */
export interface HashPart {
  readonly part: number;
  readonly parts: number;
}

/** The results of a part, as a run in the shuffle's folder. */
export interface PartResults {
  readonly name: string;
  readonly groups: number;
}

/** One task of the second half of `groupByKey`: the groups of a part of all hashes, one after the other. */
export async function reduceGroups(
  reduce: (key: unknown, values: Iterable<unknown>, context: TaskContext) => unknown,
  { part, parts }: HashPart,
  context: TaskContext,
  spec: ShuffleSpec,
): Promise<PartResults> {
  const { exchange, name, pause } = taskPlace(spec, 'r', context);
  const [low, high] = [partBound(part, parts), partBound(part + 1, parts)];
  const runs = await allRuns(exchange);
  const slices = runs.map(run => ({
    path: run.path,
    from: part === 0 ? 0 : placeInRun(run, low).offset,
    to: placeInRun(run, high).offset,
  }));
  const { memoryBytes } = spec;
  const watch = litterWatch(memoryBytes + litterBytes);
  const merged = mergeSlices(slices, { memoryBytes, scratch: exchange.scratch, name: `${name}-merge` });
  const results = new RunWriter(join(exchange.scratch, `${name}.run`), { buffer: merged.beside });
  try {
    for (const { key, values } of recordGroups(merged)) {
      await pause();
      const value = await reduce(decodeKey(key.subarray(hashBytes)), decoded(values, watch), context);
      const bytes = encodeValue(value, 'the result');
      const record = Buffer.concat([key.subarray(hashBytes), bytes]);
      results.write(record, 0, key.length - hashBytes, key.length - hashBytes, bytes.length + 1);
    }
    const run = results.finish();
    return { name: await exchange.write(run), groups: run.records };
  } catch (error) {
    results.abandon();
    throw error;
  } finally {
    merged.close();
  }
}

/** Copies: what is decoded may be a view of its bytes. By hand, for the same reason as in `recordGroups`. */
function decoded(values: IterableIterator<Buffer>, watch: (bytes: number) => void): IterableIterator<unknown> {
  return {
    [Symbol.iterator]() {
      return this;
    },
    next() {
      const { done, value } = values.next();
      if (done === true) return { done, value: undefined };
      watch(value.length);
      return { done: false, value: decodeValue(Buffer.from(value)) };
    },
  };
}
