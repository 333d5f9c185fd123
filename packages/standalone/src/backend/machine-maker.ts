import type { BackendJob, Candidate, JobRequest, Site } from '@megalith/core';
import type { Machine } from '../machine.js';

/** Makes machines for jobs that none of those that are there can take. */
export interface MachineMaker {
  /** Where its machines are. */
  readonly site: Site;
  /**
   * The machines that a job could have: those that are there without work, and those that it would make. Starts nothing, and always comes: what is wrong is
   * a rejected candidate.
   * @param asks false: nobody outside is asked; what is known here must do
   */
  offers(job: JobRequest, asks: boolean): Promise<readonly Candidate[]>;
  /** How many of a job's tasks each machine of a place has at once: one number a machine. */
  sharesOf(job: BackendJob, place: Candidate): readonly number[];
  /**
   * A machine that comes to be when it is reached for the first time: one that is warm, or a new one. It is this job's alone.
   * @param tasks how many of the job's tasks run there at once
   */
  machineFor(job: BackendJob, tasks: number, place: Candidate): Machine;
  /** What the machines of a job have cost while it had them, US dollars. */
  costUsd(job: BackendJob): number;
  /** The job has done with this machine, and the way to it is still open. Throws nothing. */
  leaving(machine: Machine): Promise<void>;
  /** The job goes on without this machine: nobody wants it for the job any more. */
  left(machine: Machine): Promise<void>;
  /** The job has had its end: nobody wants its machines for it any more. */
  over(job: BackendJob): Promise<void>;
}
