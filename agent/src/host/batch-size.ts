import { tickMs } from './slot-watch.js';

export interface BatchFacts {
  /** What one task took of late, milliseconds; undefined before the first. */
  readonly taskMs: number | undefined;
  /** The batch before this one; 0 before the first. */
  readonly previous: number;
  readonly queued: number;
  readonly slots: number;
}

/** Enough work to hide the way to the slot and back (0.1–0.3 ms), little enough that the last batches end together. */
const targetMs = 5;
const growth = 8;
const largest = 8192;

/**
 * How many tasks a slot is sent at once. Small tasks go in large batches; the size starts at one and grows only as tasks prove
 * to be short, and near the end of the queue what is left is dealt out evenly.
 */
export function batchSize({ taskMs, previous, queued, slots }: BatchFacts): number {
  if (taskMs === undefined || previous === 0) return Math.min(1, queued);
  const worth = taskMs <= 0 ? largest : Math.floor(targetMs / taskMs);
  const fair = Math.ceil(queued / (2 * Math.max(1, slots)));
  return Math.min(queued, Math.max(1, Math.min(worth, previous * growth, fair, largest)));
}

/**
 * Whether a slot that has so many tasks left is sent the next batch: when half of the last one is done. Of tasks that go one by one, one waits
 * behind another that is about to end, so that the slot need not wait for the way; unless other slots would have nothing then.
 */
export function isFedAt(left: number, { taskMs, previous, queued, slots }: BatchFacts): boolean {
  if (left * 2 <= previous) return true;
  return left === 1 && taskMs !== undefined && taskMs < tickMs && queued > slots;
}

/** Weight of the newest figure: tasks get quicker as V8 compiles them, and that should show soon. */
const whenQuicker = 0.7;
const whenSlower = 0.3;

/** The running average of what a task takes, given that `count` tasks took `tookMs`. */
export function averageTaskMs(before: number | undefined, tookMs: number, count: number): number {
  const now = tookMs / Math.max(1, count);
  return before === undefined ? now : before + (now < before ? whenQuicker : whenSlower) * (now - before);
}
