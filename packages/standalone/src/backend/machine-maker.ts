import type { BackendJob, Candidate, JobRequest, Site } from '@megalith/core';
import type { Machine } from '../machine.js';

/** Makes machines for jobs that none of those that are there can take. */
export interface MachineMaker {
  /** Where its machines are. */
  readonly site: Site;
  /** What it would make, as far as that is known without starting anything. */
  offer(job: JobRequest, signal?: AbortSignal): Promise<Candidate>;
  /**
   * How many of a job's tasks each of its machines is for, all together as many as are worth it: one number a machine. Where one machine has room
   * for all, it is one.
   */
  sharesOf(job: BackendJob): readonly number[];
  /**
   * A machine that comes to be when it is reached for the first time: one that is warm, or a new one. It is this job's alone.
   * @param tasks how many of the job's tasks run there at once
   */
  machineFor(job: BackendJob, tasks: number): Machine;
  /** The job has done with this machine, and the way to it is still open. Throws nothing. */
  leaving(machine: Machine): Promise<void>;
  /** The job goes on without this machine: nobody wants it for the job any more. */
  left(machine: Machine): Promise<void>;
  /** The job has had its end: nobody wants its machines for it any more. */
  over(job: BackendJob): Promise<void>;
}
