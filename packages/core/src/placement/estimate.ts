import type { Candidate } from '../backends/backend.js';
import type { PerGibSecond, PerHour } from './billing.js';
import type { PlannedJob } from './planned-job.js';
import { type Computing, makespanMs, slowdownAt, type Workload, workloadOf } from './workload.js';

/** What a job would take at one place, with everything: start, transfer, run, idle tail. */
export interface Estimate {
  /** From now until the last result, milliseconds. */
  readonly ms: number;
  readonly usd: number;
  /** The same where tasks are as slow as the slowest tenth. */
  readonly slowMs: number;
  readonly slowUsd: number;
}

/** What a job would take at a candidate. Where the number of its tasks is not known, `assumedTaskCount` are assumed. */
export function estimateOf(
  job: Pick<PlannedJob, 'requirements' | 'profile' | 'taskCount'>,
  candidate: Candidate,
): Estimate {
  return estimateFor([{ workload: workloadOf(job), slots: candidate.slots }], candidate);
}

/** A workload, and so many tasks of it at once. */
export interface Share {
  readonly workload: Workload;
  readonly slots: number;
}

/** What several workloads would take at one candidate, one after another: it starts once. */
export function estimateFor(shares: readonly Share[], candidate: Candidate): Estimate {
  const { billing, transfer } = candidate;
  let usualMs = 0;
  let slowMs = 0;
  let usd = 0;
  let slowUsd = 0;
  let transferBytes = 0;
  let sandboxes = 0;
  for (const { workload, slots } of shares) {
    usualMs += runMs(workload, workload.usual, candidate, slots);
    slowMs += runMs(workload, workload.slow, candidate, slots);
    transferBytes += workload.transferBytes;
    if (billing.per !== 'gib-second') continue;
    usd += perGibSecond(billing, workload, workload.usual, candidate);
    slowUsd += perGibSecond(billing, workload, workload.slow, candidate);
    sandboxes = Math.max(sandboxes, Math.min(workload.tasks, Math.max(1, slots)));
  }
  if (transfer !== undefined && transferBytes > 0) {
    const travelMs = (transferBytes / transfer.bytesPerSecond) * 1000;
    usualMs += travelMs;
    slowMs += travelMs;
  }
  if (billing.per === 'hour') {
    usd = perHour(billing, usualMs);
    slowUsd = perHour(billing, slowMs);
  } else if (billing.per === 'gib-second') {
    const coldUsd = sandboxes * (billing.coldStartMs ?? 0) * usdPerMs(billing);
    usd += coldUsd;
    slowUsd += coldUsd;
  }
  const transferUsd = transfer === undefined ? 0 : (transferBytes / 2 ** 30) * transfer.usdPerGib;
  return {
    ms: candidate.startMs + usualMs,
    usd: usd + transferUsd,
    slowMs: candidate.startMs + slowMs,
    slowUsd: slowUsd + transferUsd,
  };
}

/** What is sure of the time whatever the tasks do: until the first can begin. */
export function certainMs({ startMs, transfer }: Candidate, { transferBytes }: Workload): number {
  return startMs + (transfer === undefined ? 0 : (transferBytes / transfer.bytesPerSecond) * 1000);
}

function runMs({ tasks, cpus }: Workload, computing: Computing, candidate: Candidate, slots: number): number {
  const { taskOverheadMs = 0 } = candidate;
  const slowdown = slowdownAt(candidate, cpus);
  return makespanMs(
    { totalMs: computing.totalMs * slowdown, longestMs: computing.longestMs * slowdown },
    tasks,
    slots,
    taskOverheadMs,
  );
}

function perHour({ usdPerHour, minimumMs, startMs, idleTailMs, paidMs = 0 }: PerHour, ms: number): number {
  const billedMs = Math.max(minimumMs, startMs + ms) + idleTailMs - paidMs;
  return (Math.max(0, billedMs) * usdPerHour) / 3_600_000;
}

/** Each task is billed in whole milliseconds, with what it takes beside its own work. */
function perGibSecond(billing: PerGibSecond, { tasks, cpus }: Workload, { totalMs }: Computing, candidate: Candidate) {
  const { taskOverheadMs = 0 } = candidate;
  const taskMs = (totalMs / tasks) * slowdownAt(candidate, cpus) + taskOverheadMs;
  return tasks * (Math.ceil(taskMs) * usdPerMs(billing) + billing.usdPerRequest);
}

function usdPerMs({ usdPerGibSecond, memoryGib }: PerGibSecond): number {
  return (usdPerGibSecond * memoryGib) / 1000;
}
