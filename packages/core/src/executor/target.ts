import { MegalithError } from '@megalith/agent';
import { Future } from './future.js';
import { JobView } from './job-view.js';
import { type Reduction, ReductionView } from './reduction.js';
import type { Job, TaskFuture } from './types.js';

/** What one can wait for and collect. */
export type Waitable = Job<unknown> | TaskFuture<unknown> | Reduction<unknown, unknown>;

/** The same, with what is behind it. */
export type Target = JobView<unknown> | Future<unknown> | ReductionView<unknown, unknown>;

/** @throws MegalithError USAGE for anything that is not ours */
export function targetsOf(waitables: Waitable | Iterable<Waitable>): Target[] {
  // A job can be iterated over too, so it is looked for first.
  if (isTarget(waitables)) return [waitables];
  if (typeof waitables !== 'object' || waitables === null || !(Symbol.iterator in waitables)) throw notOurs(waitables);
  return [...waitables].map(each => {
    if (isTarget(each)) return each;
    throw notOurs(each);
  });
}

function isTarget(value: unknown): value is Target {
  return value instanceof JobView || value instanceof Future || value instanceof ReductionView;
}

function notOurs(value: unknown): MegalithError {
  return new MegalithError('USAGE', `can only wait for jobs and futures, not for ${typeof value}`, {
    hint: 'give what map, callAsync, mapReduce or command returned, or an array of it',
  });
}
