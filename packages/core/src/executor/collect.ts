import { JobView } from './job-view.js';
import type { Reduction, ReductionView } from './reduction.js';
import { type Target, targetsOf, type Waitable } from './target.js';
import type { Job, TaskFuture, WaitOptions } from './types.js';
import { until } from './until.js';
import { untilOptions } from './wait.js';

export type CollectOptions = Pick<WaitOptions, 'timeout' | 'signal'>;

/** What one target gives: a list for a job, a value for all else. */
export type ResultOf<T> = T extends Job<infer O> ? O[] : PartOf<T>;

/** What one of several targets adds to their common list. */
export type PartOf<T> =
  T extends Job<infer O> ? O : T extends TaskFuture<infer O> ? O : T extends Reduction<unknown, infer R> ? R : never;

/** A call whose results may be asked for without naming it. */
export type Call = JobView<unknown> | ReductionView<unknown, unknown>;

/**
 * The results of a job (a list), of a future (a value), or of several of them (one list, in the order given).
 * @throws the first failure; MegalithError WAIT_TIMED_OUT, and the signal's reason: then the jobs go on
 */
export function getResult<T extends Waitable>(target: T, options?: CollectOptions): Promise<ResultOf<T>>;
export function getResult<T extends Waitable>(targets: Iterable<T>, options?: CollectOptions): Promise<PartOf<T>[]>;
export async function getResult(
  waitables: Waitable | Iterable<Waitable>,
  options: CollectOptions = {},
): Promise<unknown> {
  const targets = targetsOf(waitables);
  await untilDecided(targets, options);
  return targets[0] === waitables ? targets[0] : joined(targets);
}

/** The results of calls that nobody named: the value of one single call, and else one list. */
export async function collectCalls(calls: readonly Call[], options: CollectOptions): Promise<unknown> {
  await untilDecided(calls, options);
  const values = await joined(calls);
  return calls.length === 1 && calls[0]!.isSingle ? values[0] : values;
}

/** Waits until all results are there, or one failure is, and throws that. */
async function untilDecided(targets: readonly Target[], options: CollectOptions): Promise<void> {
  for (const target of targets) target.want();
  const ledgers = [...new Set(targets.flatMap(target => target.ledgers))];
  const failed = (): Target | undefined => targets.find(target => target.hasFailed);
  const isDecided = (): boolean => failed() !== undefined || targets.every(target => target.isDecided);
  await until(ledgers, isDecided, untilOptions(options));
  await failed();
}

async function joined(targets: readonly Target[]): Promise<unknown[]> {
  const list: unknown[] = [];
  for (const target of targets) {
    const result: unknown = await target;
    if (!(target instanceof JobView)) list.push(result);
    else for (const value of result as unknown[]) list.push(value);
  }
  return list;
}
