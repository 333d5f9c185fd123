import { detachedTasks, windowBytes, windowTasks } from './client-window.js';
import type { HostJob } from './host-job.js';

/** Lets the client of a job send more, in portions worth a message. @param slots tasks of the job that run at once on an empty machine */
export function grantCredit(job: HostJob, slots: number): void {
  const { taskMs, spec, received, settled, grantedTasks, grantedBytes, queue } = job;
  const window = spec.detached === true ? detachedTasks : windowTasks({ slots: Math.max(1, slots), taskMs });
  const tasks = window - (received - settled) - grantedTasks;
  const starved = grantedBytes <= 0 && queue.byteLength * 2 < windowBytes;
  if (tasks * 2 < window && !starved) return;
  if (queue.byteLength >= windowBytes) return;
  const more = Math.max(0, tasks);
  job.grantedTasks += more;
  job.grantedBytes = windowBytes - queue.byteLength;
  job.connection.send({ type: 'credit', job: spec.job, tasks: more, bytes: job.grantedBytes });
}
