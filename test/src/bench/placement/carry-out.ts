import type { Candidate } from '@megalith/core';
import { type Place, slotsOf } from './places.js';
import type { TrueJob } from './true-job.js';

/** What running tasks somewhere has truly taken. */
export interface CarriedOut {
  /** From the decision to the last task's end. */
  readonly ms: number;
  readonly usd: number;
  /** Tasks that must be run elsewhere. */
  readonly outOfMemory: readonly number[];
  readonly timedOut: readonly number[];
}

/** A task that needs more than it may have dies on its way. */
const diesAfterShare = 0.7;

/**
 * Runs tasks of a job at a place: each as soon as a slot is free, in their order.
 * @param limitBytes of each task; a function has what it has
 */
export function carryOut(
  job: TrueJob,
  tasks: readonly number[],
  place: Place,
  { candidate, limitBytes }: { readonly candidate: Candidate; readonly limitBytes: number },
): CarriedOut {
  const { billing, cpus, limits, taskOverheadMs = 0 } = candidate;
  const isFunction = place.kind === 'function';
  const mayUse = isFunction ? place.memoryBytes : limitBytes;
  const slowdown = job.fn.cpus > cpus ? job.fn.cpus / cpus : 1;
  const timeMs = limits?.timeMs ?? Number.POSITIVE_INFINITY;
  const outOfMemory: number[] = [];
  const timedOut: number[] = [];
  const durations = tasks.map(task => {
    const wholeMs = job.ms[task]! * slowdown;
    if (job.peakBytes[task]! > mayUse) {
      outOfMemory.push(task);
      return Math.min(wholeMs * diesAfterShare, timeMs);
    }
    if (wholeMs <= timeMs) return wholeMs;
    timedOut.push(task);
    return timeMs;
  });
  const slots = slotsOf(place, { cpus: job.fn.cpus, memoryBytes: isFunction ? undefined : limitBytes });
  const startMs = candidate.startMs * (place.kind === 'host' ? 1 : job.startFactor);
  const runMs = makespan(durations, slots, taskOverheadMs);
  const ms = startMs + runMs;
  if (billing.per === 'hour') {
    const billedMs = Math.max(billing.minimumMs, billing.startMs * job.startFactor + runMs) + billing.idleTailMs;
    const usd = (Math.max(0, billedMs - (billing.paidMs ?? 0)) / 3_600_000) * billing.usdPerHour;
    return { ms, usd, outOfMemory, timedOut };
  }
  if (billing.per === 'nothing') return { ms, usd: 0, outOfMemory, timedOut };
  const usdPerMs = (billing.usdPerGibSecond * billing.memoryGib) / 1000;
  const computedMs = durations.reduce((sum, each) => sum + Math.ceil(each + taskOverheadMs), 0);
  const coldMs = Math.min(slots, tasks.length) * (billing.coldStartMs ?? 0) * job.startFactor;
  return { ms, usd: (computedMs + coldMs) * usdPerMs + tasks.length * billing.usdPerRequest, outOfMemory, timedOut };
}

/** When the last task ends, if each begins as soon as a slot is free: a heap of when slots are free, the earliest at its top. */
function makespan(durations: readonly number[], slots: number, overheadMs: number): number {
  if (durations.length <= slots) return Math.max(...durations) + overheadMs;
  const free = new Float64Array(slots);
  let end = 0;
  for (const duration of durations) {
    const until = free[0]! + duration + overheadMs;
    end = Math.max(end, until);
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= slots) break;
      if (child + 1 < slots && free[child + 1]! < free[child]!) child++;
      if (free[child]! >= until) break;
      free[at] = free[child]!;
      at = child;
    }
    free[at] = until;
  }
  return end;
}
