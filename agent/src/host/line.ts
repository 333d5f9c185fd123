import type { HostJob } from './host-job.js';

/**
 * The jobs that have tasks to begin, in the order in which they are served: those with the fewest slots first, so that no job waits for the end
 * of another.
 */
export function jobsInLine(jobs: Iterable<HostJob>): HostJob[] {
  return [...jobs]
    .filter(job => job.ready && job.waiting > 0 && job.stopped === undefined)
    .sort((a, b) => Number(isNested(b)) - Number(isNested(a)) || a.slots - b.slots || a.number - b.number);
}

/**
 * Whether a job that was just served is to hold up those behind it: it has nothing running and did not fit, and small tasks would keep it out
 * for ever. Whoever is waited for by a running task must not be held up by one that waits for that task's room, nor hold up others.
 */
export function holdsUpOthers(job: HostJob): boolean {
  return job.slots === 0 && job.waiting > 0 && !isNested(job);
}

/** Whether some job beside this one waits and has no slot at all. */
export function isOtherStarving(jobs: Iterable<HostJob>, job: HostJob): boolean {
  for (const other of jobs) {
    if (other !== job && other.ready && other.slots === 0 && other.waiting > 0) return true;
  }
  return false;
}

/** Started by a task of this host. */
function isNested(job: HostJob): boolean {
  return job.connection.insideSlot !== undefined;
}
