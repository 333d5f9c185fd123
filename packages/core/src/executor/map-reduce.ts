import { MegalithError } from '@megalith/agent';
import { labelSymbol } from '../labels/labelled.js';
import type { AnyFunction } from '../ship/shipped-function.js';
import { Channel } from './channel.js';
import type { Prepared } from './conductor.js';
import { Groups } from './groups.js';
import type { JobView } from './job-view.js';
import type { Launch } from './launch.js';
import { passMapped } from './pass-mapped.js';
import { passUp } from './pass-up.js';
import { ReductionView } from './reduction.js';
import { inShort } from './task-error.js';
import { TreeGroups } from './tree-groups.js';
import type { FunctionOptions, JobOptions } from './types.js';
import { functionName, functionWork } from './work.js';

export interface MapReduceOptions<I, K = never> extends FunctionOptions {
  /** Reduces the values of each key by themselves, as soon as they are all there. */
  readonly reduceBy?: (item: I, index: number) => K;
  /**
   * Reduces in batches of this many neighbours as soon as those are there, and what comes of them again, until one value is left: no task gets more,
   * and values are not held until all are there. `reduce` then also gets what it gave, and must be associative; values stay in input order. At least 2.
   * @defaultValue all values in one task
   */
  readonly fanIn?: number;
  /** How the reduce runs; what is not set is as for the maps, but for `name`, `isolation` and `shared`. */
  readonly reduceOptions?: FunctionOptions;
}

/**
 * Starts the maps and the reduce. A reduce becomes a task only when its values are complete, so that none holds a slot while it waits.
 * @param start launches one job
 */
export function startMapReduce<O, R>(
  fn: AnyFunction,
  items: unknown,
  reduce: AnyFunction,
  options: MapReduceOptions<never, unknown>,
  start: <T>(what: Launch) => JobView<T>,
  onCollected: () => void,
): ReductionView<O, R> {
  const { reduceBy, reduceOptions, fanIn, ...mapOptions } = options;
  const keyOf = reduceBy as ((item: unknown, index: number) => unknown) | undefined;
  const trees = fanIn === undefined ? undefined : new TreeGroups(keyOf, fanIn);
  const flat = new Groups(keyOf);
  const groups = trees ?? flat;
  const complete = new Channel<unknown[]>();
  const isReadAhead = reduceBy !== undefined && Array.isArray(items);
  const reduceSettings = inherited(mapOptions, reduceOptions);
  // Together, so that nothing runs if either half could not.
  let works: Promise<[Prepared, Prepared]> | undefined;
  const prepare = (): Promise<[Prepared, Prepared]> => {
    works ??= Promise.all([functionWork(fn, mapOptions), functionWork(reduce, reduceSettings)]);
    return works;
  };

  const job = start<O>({
    name: mapOptions.name ?? functionName(fn),
    items,
    // Without the other maps there is nothing to reduce; with keys, other keys can go on.
    options: reduceBy === undefined ? { onFailure: 'stop', ...mapOptions } : mapOptions,
    prepare: async () => {
      if (fanIn !== undefined && !(Number.isInteger(fanIn) && fanIn >= 2)) {
        throw new MegalithError('USAGE', `"fanIn" must be a whole number above 1, not ${fanIn}`);
      }
      if (isReadAhead) readAhead(groups, items);
      return (await prepare())[0];
    },
    ...(isReadAhead
      ? {}
      : {
          convert: (item, index) => {
            groups.add(item, index);
            return item;
          },
        }),
  });
  const reduceJob = start<unknown>({
    name: reduceOptions?.name ?? `${job.name}:reduce`,
    items: complete,
    options: reduceSettings,
    prepare: async () => (await prepare())[1],
    inherited: async () => [await job[labelSymbol]],
  });
  // They are parts of the reduction, which is what one asks for results.
  job.collect();
  reduceJob.collect();
  const stopWatching = reduceJob.ledger.subscribe(() => {
    if (reduceJob.ledger.jobError === undefined) return;
    stopWatching();
    job.cancel('the reduce cannot run');
  });
  const passing =
    trees === undefined ? pass(job, flat, complete, isReadAhead) : passUp(job, reduceJob, trees, complete, isReadAhead);
  const byKey = async (): Promise<Map<unknown, unknown>> => {
    if (trees === undefined) return flat.byKey(await reduceJob);
    await passing;
    return trees.results;
  };
  const whole = async (): Promise<R> => (reduceBy === undefined ? (await byKey()).get(undefined) : await byKey()) as R;
  return new ReductionView<O, R>(job, reduceJob, { whole, takesResults: trees !== undefined, onCollected });
}

/** Passes mapped values on, group by group. A failed map leaves its group incomplete for ever. */
async function pass(
  job: JobView<unknown>,
  groups: Groups,
  complete: Channel<unknown[]>,
  isReadAhead: boolean,
): Promise<void> {
  try {
    await passMapped(job, groups, isReadAhead, ready => {
      for (const values of ready) complete.push(values);
    });
  } finally {
    complete.close();
  }
}

function readAhead(groups: Groups | TreeGroups, items: readonly unknown[]): void {
  try {
    for (const [index, item] of items.entries()) groups.add(item, index);
  } catch (cause) {
    throw new MegalithError('THREW', `"reduceBy" threw ${inShort(cause)}`, { cause });
  }
}

function inherited(mapOptions: FunctionOptions, reduceOptions: FunctionOptions | undefined): FunctionOptions {
  const { name, isolation, shared, ...rest } = mapOptions;
  return { ...(rest satisfies JobOptions), ...reduceOptions };
}
