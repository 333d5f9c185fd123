import { join } from 'node:path';
import { decodeValue, RunCursor, readRunEnd, wholeRun } from '@megalith/agent';
import type { Job, TaskContext } from '../executor/types.js';
import { functionName, functionWork } from '../executor/work.js';
import { type CarriedLabel, type CarriesLabel, labelSymbol } from '../labels/labelled.js';
import type { AnyFunction } from '../ship/shipped-function.js';
import { decodeKey, type GroupKey } from './key-code.js';
import { mapToRuns, type RunReport } from './map-to-runs.js';
import { type HashPart, type PartResults, reduceGroups } from './reduce-groups.js';
import { refusedShuffle } from './refused-shuffle.js';
import { type Shuffle, type ShuffleDesk, Shuffling } from './shuffling.js';
import type { ShuffleOptions } from './sort-options.js';

/**
 * A `groupByKey` on its way. `await` gives all results as pairs of key and value; `for await` gives them one by one, as they are read from disk, and
 * once only. Their order depends on the keys alone. Either throws the first failure.
 */
export interface Grouping<K, R> extends PromiseLike<(readonly [K, R])[]>, AsyncIterable<readonly [K, R]> {
  /** The pairs. */
  readonly job: Job<unknown>;
  /** The reduces: one task a part of the keys. */
  readonly reduceJob: Job<unknown>;
  cancel(reason?: string): void;
  /** Lets go of results that nobody took; so does the end of the executor. */
  close(): Promise<void>;
}

const readBytes = 2 ** 20;

/** It never throws: whatever is wrong with the call, its jobs fail with it. */
export function startGroupByKey<K extends GroupKey, R>(
  fn: AnyFunction,
  items: unknown,
  reduce: AnyFunction,
  options: ShuffleOptions,
  desk: ShuffleDesk,
): GroupingView<K, R> {
  try {
    return new GroupingView<K, R>(shufflingOf(fn, items, reduce, options, desk));
  } catch (error) {
    return new GroupingView<K, R>(refusedShuffle(functionName(fn), error, desk));
  }
}

/** @throws MegalithError USAGE */
function shufflingOf(
  fn: AnyFunction,
  items: unknown,
  reduce: AnyFunction,
  options: ShuffleOptions,
  desk: ShuffleDesk,
): Shuffling<RunReport, PartResults> {
  return new Shuffling<RunReport, PartResults>(
    {
      name: functionName(fn),
      items,
      options,
      first: (spec, shipped) =>
        functionWork((item: unknown, context: TaskContext) => mapToRuns(fn, item, context, spec), {
          name: functionName(fn),
          ...shipped,
        }),
      second: (spec, shipped) =>
        functionWork((item: HashPart, context: TaskContext) => reduceGroups(reduce, item, context, spec), {
          name: functionName(reduce),
          ...shipped,
        }),
      parts: (_, parts) => Array.from({ length: parts }, (_each, part) => ({ part, parts })),
    },
    'group',
    desk,
  );
}

export class GroupingView<K extends GroupKey, R> implements Grouping<K, R>, CarriesLabel {
  readonly #shuffling: Shuffle<RunReport, PartResults>;
  readonly #results: Promise<readonly PartResults[]>;
  #all: Promise<(readonly [K, R])[]> | undefined;

  constructor(shuffling: Shuffle<RunReport, PartResults>) {
    this.#shuffling = shuffling;
    this.#results = shuffling
      .run(() => undefined)
      .then(
        ({ results }) => results,
        async (error: unknown) => {
          await shuffling.end();
          throw error;
        },
      );
    // Whoever awaits it hears of it.
    this.#results.catch(() => undefined);
  }

  get job(): Job<unknown> {
    return this.#shuffling.job;
  }

  get reduceJob(): Job<unknown> {
    return this.#shuffling.reduceJob;
  }

  get [labelSymbol](): Promise<CarriedLabel> {
    return this.#shuffling.reduceJob[labelSymbol];
  }

  cancel(reason = 'by the caller'): void {
    this.#shuffling.cancel(reason);
  }

  async close(): Promise<void> {
    await this.#shuffling.close();
  }

  // biome-ignore lint/suspicious/noThenProperty: it is awaited like a promise
  then<A = (readonly [K, R])[], B = never>(
    onFulfilled?: ((pairs: (readonly [K, R])[]) => A | PromiseLike<A>) | null,
    onRejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#all ??= this.#collect();
    return this.#all.then(onFulfilled, onRejected);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly [K, R], void, undefined> {
    try {
      for (const { name } of await this.#results) yield* this.#pairsIn(join(this.#shuffling.folder, name));
    } finally {
      await this.#shuffling.end();
    }
  }

  async #collect(): Promise<(readonly [K, R])[]> {
    const pairs: (readonly [K, R])[] = [];
    for await (const pair of this) pairs.push(pair);
    return pairs;
  }

  *#pairsIn(path: string): Generator<readonly [K, R], void, undefined> {
    const cursor = new RunCursor(wholeRun(readRunEnd(path)), Buffer.allocUnsafeSlow(readBytes), 0);
    try {
      while (cursor.next()) {
        const { bytes, keyStart, keyEnd, valueStart, valueMark } = cursor;
        // A copy: what is decoded may be a view of its bytes.
        const value = decodeValue(Buffer.from(bytes.subarray(valueStart, valueStart + valueMark - 1)));
        yield [decodeKey(bytes.subarray(keyStart, keyEnd)) as K, value as R];
      }
    } finally {
      cursor.close();
    }
  }
}
