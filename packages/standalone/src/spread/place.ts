import type { BackendJob, JobRun } from '@megalith/core';

/** One machine as `spreadRun` sees it: something that runs a job, or a part of one. */
export interface Place {
  readonly name: string;
  /** Tasks of this job that run at once there. */
  readonly slots: number;
  /**
   * Begins to run the job. Its tasks come from the job's source at the pace at which they are taken, so that a place which is still being
   * made ready simply takes none yet. When it cannot go on, its events end with a MegalithError.
   */
  run(job: BackendJob): JobRun;
  /**
   * When the machine last gave a sign of life, such as the answer to a keep-alive; by the clock that `spreadRun` was given.
   * Unset: it is never taken for silent, because a long task has nothing to say either.
   */
  heardAt?(): number;
}

/** The clock and the timers of a run. */
export interface SpreadClock {
  /** Milliseconds since any fixed time, never backwards. */
  now(): number;
  /** Calls back once after the delay. @returns what prevents that */
  after(delayMs: number, callback: () => void): () => void;
}

export const systemClock: SpreadClock = {
  now: () => performance.now(),
  after(delayMs, callback) {
    const timeout = setTimeout(callback, delayMs);
    return () => clearTimeout(timeout);
  },
};
