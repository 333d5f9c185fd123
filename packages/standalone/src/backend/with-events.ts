import type { JobRun, TaskEvents } from '@megalith/core';

/** A run whose events come another way. */
export function withEvents(run: JobRun, events: AsyncIterable<TaskEvents>): JobRun {
  const { handOver, costUsd } = run;
  return {
    events,
    get machine() {
      return run.machine;
    },
    get retriesTasks() {
      return run.retriesTasks === true;
    },
    machineOf: batch => run.machineOf?.(batch),
    cancel: (reason, indexes) => run.cancel(reason, indexes),
    ...(costUsd === undefined ? {} : { costUsd: () => costUsd.call(run) }),
    ...(handOver === undefined ? {} : { handOver: () => handOver.call(run) }),
  };
}
