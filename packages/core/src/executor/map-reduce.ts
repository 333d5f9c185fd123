import { MegalithError } from '@megalith/agent';
import { labelSymbol } from '../labels/labelled.js';
import type { AnyFunction } from '../ship/shipped-function.js';
import { Channel } from './channel.js';
import type { Prepared } from './conductor.js';
import { Groups } from './groups.js';
import type { JobView } from './job-view.js';
import type { Launch } from './launch.js';
import { outcomesOf } from './loop.js';
import { ReductionView } from './reduction.js';
import { inShort } from './task-error.js';
import type { FunctionOptions, JobOptions } from './types.js';
import { functionName, functionWork } from './work.js';

export interface MapReduceOptions<I, K = never> extends FunctionOptions {
  /** Reduces the values of each key by themselves, as soon as they are all there. */
  readonly reduceBy?: (item: I, index: number) => K;
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
  const { reduceBy, reduceOptions, ...mapOptions } = options;
  const groups = new Groups(reduceBy as ((item: unknown, index: number) => unknown) | undefined);
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
  void pass(job, groups, complete, isReadAhead);
  const shape = (values: unknown[]): R => (reduceBy === undefined ? values[0] : groups.byKey(values)) as R;
  return new ReductionView<O, R>(job, reduceJob, shape, onCollected);
}

/** Passes mapped values on, group by group. A failed map leaves its group incomplete for ever. */
async function pass(
  job: JobView<unknown>,
  groups: Groups,
  complete: Channel<unknown[]>,
  isReadAhead: boolean,
): Promise<void> {
  const give = (ready: unknown[][]): void => {
    for (const values of ready) complete.push(values);
  };
  try {
    if (isReadAhead) give(groups.close());
    for await (const outcome of outcomesOf(job.ledger)) {
      if (outcome.status === 'done') give(groups.set(outcome.index, outcome.value));
    }
    if (job.state === 'done' || job.state === 'failed') give(groups.close());
  } catch (error) {
    // The job as a whole failed: whoever awaits the reduction hears it from the job.
    if (error !== job.ledger.jobError) throw error;
  } finally {
    complete.close();
  }
}

function readAhead(groups: Groups, items: readonly unknown[]): void {
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
