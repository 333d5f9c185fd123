import type { Candidate, Rejection } from '../backends/backend.js';
import { formatDuration } from '../config/duration.js';
import { formatSize } from '../config/size.js';
import { neededMemoryBytes, type PlannedJob } from './planned-job.js';
import { slowdownAt } from './workload.js';

/** Why a candidate can't hold a task of a job, whatever it costs: the first of `OVER_MEMORY, OVER_CPUS, OVER_TIME, OVER_DISK, OVER_PAYLOAD`. */
export function capacityFilter(job: PlannedJob): (candidate: Candidate) => Rejection | undefined {
  const { requirements, profile } = job;
  const neededBytes = neededMemoryBytes(job) ?? 0;
  const { bytesIn = 0, bytesOut = 0 } = profile;
  return candidate => {
    const { cpus, usableMemoryBytes, limits = {} } = candidate;
    if (neededBytes > usableMemoryBytes) {
      const explanation = `a task asks for ${formatSize(neededBytes)}, and ${formatSize(usableMemoryBytes)} can be used`;
      return { reason: 'OVER_MEMORY', explanation };
    }
    if (requirements.cpus > cpus && !isOnlySlower(job, candidate)) {
      return { reason: 'OVER_CPUS', explanation: `a task asks for ${requirements.cpus} cpus, and there are ${cpus}` };
    }
    const expectedMs = longMsOf(job, candidate);
    if (limits.timeMs !== undefined && expectedMs > limits.timeMs) {
      const explanation = `a task may take ${formatDuration(expectedMs)}, and is ended after ${formatDuration(limits.timeMs)}`;
      return { reason: 'OVER_TIME', explanation };
    }
    if (limits.diskBytes !== undefined && bytesIn + bytesOut > limits.diskBytes) {
      const explanation = `a task's files take ${formatSize(bytesIn + bytesOut)}, and there is room for ${formatSize(limits.diskBytes)}`;
      return { reason: 'OVER_DISK', explanation };
    }
    const payloadBytes = Math.max(bytesIn, bytesOut);
    if (limits.payloadBytes !== undefined && payloadBytes > limits.payloadBytes) {
      const what = bytesIn > bytesOut ? 'an item' : 'a result';
      const explanation = `${what} has ${formatSize(payloadBytes)}, and ${formatSize(limits.payloadBytes)} can travel`;
      return { reason: 'OVER_PAYLOAD', explanation, hint: 'name a store that large items may travel through' };
    }
    return undefined;
  };
}

/** A function's memory buys its processor: with less than a whole one, a task that asks for one takes longer and does the same. */
function isOnlySlower({ requirements }: PlannedJob, { kind, cpus }: Candidate): boolean {
  return kind === 'function' && cpus > 0 && requirements.cpus <= 1;
}

/**
 * How long a task may take there. Its timeout says when something is wrong and not how long it takes, so that it counts only where nothing better is
 * known: not even an earlier run.
 */
function longMsOf({ requirements, profile }: PlannedJob, candidate: Candidate): number {
  const { timeoutMs } = requirements;
  if (profile.source === 'guess') return timeoutMs ?? 0;
  const { taskOverheadMs = 0 } = candidate;
  const longMs = profile.taskMs.p90 * slowdownAt(candidate, requirements.cpus) + taskOverheadMs;
  return timeoutMs === undefined ? longMs : Math.min(longMs, timeoutMs);
}
