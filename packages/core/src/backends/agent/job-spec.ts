import type { JobSpec } from '@megalith/agent';
import type { BackendJob } from '../backend.js';

/** A job as an agent gets it. @param folder where tasks run unless the job says so; empty: a folder of the job's own */
export function specOf(number: number, job: BackendJob, folder: string): JobSpec {
  const { id, name, work, requirements, env, cwd = folder, tags, secrets, stopsOnFailure } = job;
  return {
    job: number,
    id,
    name,
    work,
    requirements,
    env,
    cwd,
    tags,
    ...(secrets === undefined || Object.keys(secrets).length === 0 ? {} : { secrets }),
    ...(stopsOnFailure === true ? { stopsOnFailure } : {}),
  };
}
