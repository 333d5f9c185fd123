import type { JobView } from '../executor/job-view.js';
import type { RunReport } from './map-to-runs.js';
import type { Shuffle, ShuffleDesk } from './shuffling.js';

/** A shuffle that cannot begin: its jobs fail with what is wrong with the call. */
export function refusedShuffle<M extends RunReport, R>(
  name: string,
  error: unknown,
  { start }: ShuffleDesk,
): Shuffle<M, R> {
  const failing = <T>(): JobView<T> => {
    const job = start<T>({ name, items: [], options: {}, prepare: () => Promise.reject(error) });
    job.collect();
    return job;
  };
  return {
    job: failing<M>(),
    reduceJob: failing<R>(),
    folder: '',
    run: () => Promise.reject(error),
    cancel: () => undefined,
    end: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
