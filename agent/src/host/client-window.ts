/** Encoded items of one job that a host holds at most; one larger item is let through alone. */
export const windowBytes = 64 * 1024 * 1024;

const largest = 65_536;
/** Of an input that is known, a machine takes all that there is, as far as memory goes. */
export const allTasks = 2 ** 30;
/** Work that should lie ready while the client encodes more. */
const aheadMs = 100;

export interface WindowFacts {
  readonly slots: number;
  /** What one task took of late, milliseconds; undefined before the first. */
  readonly taskMs: number | undefined;
}

/**
 * How many tasks of a job may be at the host at once, running ones included. A few for each slot while tasks are long or unknown, so that a lazy
 * input is read no further than needed; many once they prove to be short.
 */
export function windowTasks({ slots, taskMs }: WindowFacts): number {
  const few = 8 * Math.max(1, slots);
  if (taskMs === undefined) return few;
  return Math.min(largest, Math.max(few, Math.ceil((slots * aheadMs) / Math.max(taskMs, 0.0001))));
}
