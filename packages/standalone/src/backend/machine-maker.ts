import type { BackendJob, Candidate, JobRequest } from '@megalith/core';
import type { Machine } from '../machine.js';

/** Makes machines for jobs that none of those that are there can take. */
export interface MachineMaker {
  /** What it would make, as far as that is known without starting anything. */
  offer(job: JobRequest, signal?: AbortSignal): Promise<Candidate>;
  /** A machine that comes to be when it is reached for the first time: one that is warm, or a new one. It is this job's alone. */
  machineFor(job: BackendJob): Machine;
  /** The job has had its end: nobody wants its machine for it any more. */
  over(job: BackendJob): Promise<void>;
}
