import { isMegalithError } from '@megalith/agent';
import { EventQueue, type JobRun, type TaskEvents } from '@megalith/core';
import type { Machine } from '../machine.js';

/** Failures of a machine before it had the job: another machine may do. */
const unreachable: ReadonlySet<string> = new Set([
  'SSH_FAILED',
  'HOST_KEY',
  'BOOTSTRAP_FAILED',
  'OVER_MEMORY',
  'OVER_CPUS',
  // Its agent drains.
  'NO_PLACEMENT',
]);

/** Runs a job on the first of several machines that takes it. What is wrong with the others is told only if none does. */
export function firstThatRuns(machines: readonly Machine[], run: (machine: Machine) => JobRun): JobRun {
  const queue = new EventQueue<TaskEvents>();
  const [first, ...others] = machines;
  let current = run(first!);
  let cancelled: string | undefined;
  let decide!: () => void;
  /** Settles once it is decided what follows on a run that failed. */
  let decided: Promise<void>;
  const begin = (next: JobRun): void => {
    current = next;
    decided = new Promise(resolve => {
      decide = resolve;
    });
  };
  const attend = async (): Promise<void> => {
    for (;;) {
      let hasBegun = false;
      try {
        for await (const events of current.events) {
          hasBegun = true;
          queue.push(events);
        }
        queue.end();
        return;
      } catch (error) {
        const next = others.shift();
        const isElsewhere = isMegalithError(error) && unreachable.has(error.code) && !hasBegun;
        if (next === undefined || !isElsewhere || cancelled !== undefined) {
          queue.fail(error);
          decide();
          return;
        }
        const settle = decide;
        try {
          begin(run(next));
        } catch (refusal) {
          queue.fail(refusal);
          return;
        } finally {
          settle();
        }
      }
    }
  };
  begin(current);
  void attend();
  return {
    events: queue,
    get machine() {
      return current.machine;
    },
    get retriesTasks() {
      return current.retriesTasks === true;
    },
    cancel(reason, indexes) {
      if (indexes === undefined) cancelled = reason;
      current.cancel(reason, indexes);
    },
    async handOver() {
      for (;;) {
        const asked = current;
        const fate = decided;
        try {
          await asked.handOver?.();
          return;
        } catch (error) {
          await fate;
          if (asked === current) throw error;
        }
      }
    },
  };
}
