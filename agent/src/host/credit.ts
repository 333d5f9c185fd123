import type { HostMessage } from '../protocol/messages.js';
import { allTasks, windowBytes, windowTasks } from './client-window.js';
import type { HostJob } from './host-job.js';

/** What one client may still send of a job. */
export interface Allowance {
  send(message: HostMessage): void;
  /** The client's number for the job. */
  readonly number: number;
  grantedTasks: number;
  grantedBytes: number;
}

/** Lets the clients of a job send more, in portions worth a message. @param slots tasks of the job that run at once on an empty machine */
export function grantCredit(job: HostJob, slots: number): void {
  const { taskMs, spec } = job;
  const window = spec.takesAll === true ? allTasks : windowTasks({ slots: Math.max(1, slots), taskMs });
  // Two clients of one job send the same tasks: each has a window of its own.
  for (const allowance of job.durable?.feeds ?? [job.allowance]) grant(job, allowance, window);
}

function grant({ received, settled, queue }: HostJob, allowance: Allowance, window: number): void {
  const { grantedTasks, grantedBytes } = allowance;
  const tasks = window - (received - settled) - grantedTasks;
  const starved = grantedBytes <= 0 && queue.byteLength * 2 < windowBytes;
  if (tasks * 2 < window && !starved) return;
  if (queue.byteLength >= windowBytes) return;
  const more = Math.max(0, tasks);
  allowance.grantedTasks += more;
  allowance.grantedBytes = windowBytes - queue.byteLength;
  allowance.send({ type: 'credit', job: allowance.number, tasks: more, bytes: allowance.grantedBytes });
}

/** More than any job has: its client sends all that it wants to, and the host drops it. */
export const unlimited = { tasks: 2 ** 30, bytes: 2 ** 40 } as const;

/** Every task of the job has come: a client that has not sent them all brings nothing new, and is not to wait for room. */
export function letSendAgain(job: HostJob): void {
  for (const feed of job.durable?.feeds ?? []) {
    if (feed.hasEnded || feed.isUnlimited) continue;
    feed.isUnlimited = true;
    feed.send({ type: 'credit', job: feed.number, ...unlimited });
  }
}
