import type { Candidate } from '../backends/backend.js';
import { neededMemoryBytes, type PlannedJob } from './planned-job.js';

/** Of a machine that is made, usable memory is an estimate: so much of it will be there. */
export const sureShare = 0.9;

/**
 * What each task of a job may have at the place that was chosen for it, bytes; undefined where nobody knows what it needs. What the user says is a limit.
 * What history says is an expectation, and memory that nobody else could use costs nothing: a function has all that it is paid for, and tasks on
 * machines that are made for the job share what there is, as long as no fewer of them run at once. Elsewhere others wait for it.
 */
export function memoryRoomBytes(
  { kind, cpus, usableMemoryBytes }: Candidate,
  job: Pick<PlannedJob, 'requirements' | 'profile'>,
): number | undefined {
  const neededBytes = neededMemoryBytes(job);
  if (neededBytes === undefined || job.requirements.memoryBytes !== undefined) return neededBytes;
  if (kind === 'function') return usableMemoryBytes;
  if (kind !== 'new' && kind !== 'warm') return neededBytes;
  const byMemory = Math.floor(usableMemoryBytes / Math.max(1, neededBytes));
  const atOnce = Math.max(1, Math.min(Math.floor(cpus / job.requirements.cpus), byMemory));
  return Math.max(neededBytes, Math.floor((usableMemoryBytes * sureShare) / atOnce));
}
