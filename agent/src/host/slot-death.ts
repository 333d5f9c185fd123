import { causeOfDeath } from '../memory/cause-of-death.js';
import type { Failure } from '../protocol/messages.js';
import type { HostJob } from './host-job.js';
import type { Slot } from './slot.js';
import type { SlotProcessEnd } from './slot-process.js';

/** Why a thread ended. */
export function threadDeath(slot: Slot): Failure {
  const { ending } = slot;
  return causeOfDeath({
    exitCode: ending?.exitCode ?? null,
    signal: null,
    stderrTail: ending?.outOfMemory ? 'ERR_WORKER_OUT_OF_MEMORY' : (ending?.message ?? ''),
    oomKills: 0,
    what: 'the worker',
    ...memoryLimit(slot),
  });
}

/** Why a slot's process ended. */
export function processDeath(slot: Slot, end: SlotProcessEnd, oomKills: number): Failure {
  const stderrTail = [end.stderrTail, slot.ending?.message ?? ''].filter(text => text !== '').join('\n');
  return causeOfDeath({ ...end, stderrTail, oomKills, what: 'the worker', ...memoryLimit(slot) });
}

function memoryLimit(slot: Slot): { readonly memoryLimitBytes?: number } {
  const { maxHeapMiB } = slot.process;
  const heapBytes = maxHeapMiB === undefined ? undefined : maxHeapMiB * 2 ** 20;
  const memoryLimitBytes = slot.assigned?.spec.requirements.memoryBytes ?? heapBytes;
  return memoryLimitBytes === undefined ? {} : { memoryLimitBytes };
}

/**
 * Settles what a dead slot leaves. What was not begun waits again; the task that did it fails with the cause; where several were
 * begun and nobody knows which one it was, they become suspects, and each runs again alone.
 * @param severalDied other slots of the same process had tasks too
 * @returns the jobs concerned
 */
export function settleDeath(slot: Slot, failure: Failure, severalDied = false): Set<HostJob> {
  const jobs = new Set<HostJob>();
  slot.clearTimers();
  slot.state = 'ending';
  const begun = begunAtDeath(slot);
  for (const { job, span } of slot.takeBack(begun ?? slot.length)) {
    jobs.add(job);
    job.takeBack(span);
  }
  const { head } = slot;
  const guilty = slot.verdict ?? (begun === 1 && !severalDied && !mayBeInnocent(slot) ? failure : undefined);
  if (guilty !== undefined && head !== undefined) {
    jobs.add(head.job);
    slot.settleHead();
    head.job.running--;
    head.job.failTasks([head.span], guilty);
  }
  for (const { job, span } of slot.takeBack(0)) {
    jobs.add(job);
    job.suspect(span, slot.ending?.blameless ?? false);
  }
  return jobs;
}

/** How many tasks were begun; undefined where the slot died too suddenly to tell. */
function begunAtDeath(slot: Slot): number | undefined {
  if (slot.loading !== undefined) return 0;
  if (slot.running !== undefined || slot.length === 1) return 1;
  if (slot.ending !== undefined) return slot.begunBefore(slot.ending.next);
  return slot.length === 0 ? 0 : undefined;
}

/** An error out of the blue in a slot that ran others before may be something that one of those left behind. */
function mayBeInnocent(slot: Slot): boolean {
  return slot.ending?.blameless === true && slot.settledCount > 0;
}
