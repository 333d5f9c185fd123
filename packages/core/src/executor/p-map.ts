import type { FunctionExecutor } from './function-executor.js';
import type { Items } from './input.js';
import type { pMapSkip } from './p-map-skip.js';
import { sharedExecutor } from './shared-executor.js';
import { originalError } from './task-error.js';
import type { FunctionOptions, Job } from './types.js';

export interface PMapOptions extends Omit<FunctionOptions, 'onFailure'> {
  /** Mappers at once; more than there are slots is no faster. @defaultValue Infinity */
  readonly concurrency?: number;
  /** `false`: all items are mapped, and then all errors come together as an AggregateError. @defaultValue true */
  readonly stopOnError?: boolean;
  /** Where the mappers run. @defaultValue one that all such calls share */
  readonly executor?: FunctionExecutor;
}

/**
 * Maps with a function of `(item, index)`, as the package `p-map` does, but in worker processes: change the import, and mappers that
 * compute use all processors. Gives the values in input order, without those that were `pMapSkip`; rejects with what the mapper threw.
 */
export async function pMap<I, O>(
  items: Items<I>,
  mapper: (item: I, index: number) => O | PromiseLike<O>,
  options: PMapOptions = {},
): Promise<Exclude<O, typeof pMapSkip>[]> {
  const { stopOnError = true, executor = sharedExecutor(), signal, ...rest } = options;
  if (typeof mapper !== 'function') throw new TypeError(`the mapper must be a function, not ${typeof mapper}`);
  signal?.throwIfAborted();
  // A symbol cannot leave the worker; a list without a value in it can.
  const job = executor.map(
    async (item: I, { index }): Promise<O[]> => {
      const value = await mapper(item, index);
      return (value as unknown) === Symbol.for('megalith.pMapSkip') ? [] : [value];
    },
    items,
    { name: mapper.name || 'mapper', ...rest, ...(signal && { signal }), onFailure: stopOnError ? 'stop' : 'continue' },
  );
  try {
    const lists = stopOnError ? await job : await allOf(job);
    return lists.flat() as Exclude<O, typeof pMapSkip>[];
  } catch (error) {
    signal?.throwIfAborted();
    throw originalError(error);
  }
}

/** All values in input order, or all errors in the order in which they came. */
async function allOf<O>(job: Job<O>): Promise<O[]> {
  const values: O[] = [];
  const errors: unknown[] = [];
  for await (const outcome of job.outcomes()) {
    if (outcome.status === 'done') values[outcome.index] = outcome.value;
    else errors.push(originalError(outcome.error));
  }
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} of ${job.counts.total} mappers failed`);
  return values;
}
