import { ByteWriter, MegalithError, RunMaker, writeValue } from '@megalith/agent';
import { inShort } from '../executor/task-error.js';
import type { TaskContext } from '../executor/types.js';
import { encodeKey, type GroupKey } from './key-code.js';
import { withHash } from './key-hash.js';
import { litterWatch } from './litter-watch.js';
import { litterBytes, type ShuffleSpec, taskPlace } from './shuffle-task.js';

/** What `groupByKey`'s first function gives of an item. */
export type Pairs<K extends GroupKey, V> = Iterable<readonly [K, V]> | AsyncIterable<readonly [K, V]>;

/** What a task of the first half tells of its runs. */
export interface RunReport {
  readonly names: readonly string[];
  readonly bytes: number;
  readonly records: number;
}

/** One task of the first half of `groupByKey`: the pairs of an item, in the order of hashes and keys. */
export async function mapToRuns(
  fn: (item: unknown, context: TaskContext) => unknown,
  item: unknown,
  context: TaskContext,
  spec: ShuffleSpec,
): Promise<RunReport> {
  const { exchange, name, pause } = taskPlace(spec, 'm', context);
  const maker = new RunMaker({ memoryBytes: spec.memoryBytes, scratch: exchange.scratch, name });
  const watch = litterWatch(spec.memoryBytes + litterBytes);
  const out = new ByteWriter(64);
  const add = (pair: unknown): void => {
    if (!Array.isArray(pair) || pair.length !== 2) throw notAPair(pair);
    out.length = 0;
    writeValue(out, pair[1], 'the value');
    maker.add(withHash(encodeKey(pair[0])), out.bytes.subarray(0, out.length));
    watch(out.length);
  };
  const pairs = await fn(item, context);
  if (isIterable(pairs)) {
    for (const pair of pairs) {
      add(pair);
      await pause();
    }
  } else if (isAsyncIterable(pairs)) {
    for await (const pair of pairs) {
      add(pair);
      await pause();
    }
  } else {
    throw new MegalithError('USAGE', `the function gave ${inShort(pairs)}, which holds no pairs of key and value`, {
      hint: 'make it a generator that yields [key, value], or return an array of such pairs',
    });
  }
  const runs = maker.finish();
  const names: string[] = [];
  for (const run of runs) names.push(await exchange.write(run));
  return {
    names,
    bytes: runs.reduce((sum, { dataBytes }) => sum + dataBytes, 0),
    records: runs.reduce((sum, { records }) => sum + records, 0),
  };
}

function notAPair(value: unknown): MegalithError {
  return new MegalithError('USAGE', `the function gave ${inShort(value)} where a pair of key and value belongs`, {
    hint: 'yield [key, value]',
  });
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
