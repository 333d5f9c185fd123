import type { BackendJob, Candidate, JobRun } from '@megalith/core';
import type { Machine } from '../machine.js';
import { spreadRun } from '../spread/spread-run.js';
import type { MachineMaker } from './machine-maker.js';
import { movingRun } from './moving-run.js';
import type { NextMachine } from './stint.js';

/** What a machine has of a job. */
interface Share {
  /** All of it: the machine counts tries by itself. */
  readonly isAlone: boolean;
  /** So many tasks at once. */
  readonly tasks: number;
}

/** How this client runs jobs on machines. */
export interface MadeMachines {
  begin(machine: Machine, job: BackendJob, share: Share): { readonly run: JobRun; wasSent(): boolean };
  /** As of `Place`; 0 before the first contact. */
  heardAt(machine: Machine): number;
  /** Closes the way to the machine. A machine that is only coming to be is ended with it. */
  leave(machine: Machine): Promise<void>;
}

/**
 * Runs a job on machines that are made for it: on one where that has room for its tasks, else on several that are all asked for at once. In place of a
 * machine that goes away another is made. A machine is let go with the job: a client that stays connected would hold it up.
 */
export function runOnMade(maker: MachineMaker, job: BackendJob, place: Candidate, machines: MadeMachines): JobRun {
  const shares = maker.sharesOf(job, place);
  const isAlone = shares.length === 1;
  const parts = shares.map(tasks => new Part(maker, place, tasks, isAlone, machines));
  if (isAlone) return movingRun(job, parts[0]!.next);
  const places = parts.map((part, at) => ({
    name: `machine ${at + 1} of ${parts.length}`,
    slots: part.tasks,
    run: (tasks: BackendJob) => movingRun(tasks, part.next),
    heardAt: () => part.heardAt,
  }));
  return spreadRun(job, places);
}

/** One machine's share of a job, on one machine after another. */
class Part {
  readonly tasks: number;
  readonly #maker: MachineMaker;
  readonly #place: Candidate;
  readonly #isAlone: boolean;
  readonly #machines: MadeMachines;
  #machine: Machine | undefined;

  constructor(maker: MachineMaker, place: Candidate, tasks: number, isAlone: boolean, machines: MadeMachines) {
    this.#maker = maker;
    this.#place = place;
    this.tasks = tasks;
    this.#isAlone = isAlone;
    this.#machines = machines;
  }

  /** A machine that is not there yet has no tasks yet, and is not silent. */
  get heardAt(): number {
    return (this.#machine && this.#machines.heardAt(this.#machine)) || performance.now();
  }

  readonly next: NextMachine = job => {
    const machine = this.#maker.machineFor(job, this.tasks, this.#place);
    this.#machine = machine;
    const { run, wasSent } = this.#machines.begin(machine, job, { isAlone: this.#isAlone, tasks: this.tasks });
    return {
      run,
      hasIt: wasSent,
      leave: async () => {
        if (job.detached !== true) await this.#maker.leaving(machine);
        await this.#machines.leave(machine);
        await this.#maker.left(machine);
      },
    };
  };
}
