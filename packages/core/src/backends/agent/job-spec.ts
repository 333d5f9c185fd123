import type { JobSpec } from '@megalith/agent';
import type { BackendJob } from '../backend.js';

/**
 * A job as an agent gets it.
 * @param folder where tasks run unless the job says so; empty: a folder of the job's own
 * @param hostRetries the agent tries failed tasks again by itself, and so knows which failure is for good
 */
export function specOf(number: number, job: BackendJob, folder: string, hostRetries = false): JobSpec {
  const hostStops = job.stopsOnFailure === true && (hostRetries || job.retry === undefined);
  const { id, name, work, requirements, env, cwd = folder, tags, label, secrets, storage } = job;
  return {
    job: number,
    id,
    name,
    work,
    requirements,
    env,
    cwd,
    tags,
    label,
    ...(secrets === undefined || Object.keys(secrets).length === 0 ? {} : { secrets }),
    ...(storage === undefined ? {} : { storage }),
    ...(hostStops ? { stopsOnFailure: true } : {}),
  };
}
