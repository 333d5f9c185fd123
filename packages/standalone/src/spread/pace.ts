/** How fast a place gets through tasks, measured here. */
export interface Pace {
  /** Tasks a millisecond; 0 before the first window is full. */
  readonly perMs: number;
  /** What a task took in its slot of late, milliseconds; undefined before the first. */
  readonly execMs: number | undefined;
  /** The window that is being filled: since when, and how many have ended in it. */
  readonly since: number;
  readonly ended: number;
}

/** Some tasks that ended together. */
export interface Ended {
  readonly at: number;
  readonly count: number;
  /** Time in their slots of those whose time is known, milliseconds, and how many those are. */
  readonly execMs: number;
  readonly measured: number;
}

/** Long enough to hold several batches of events. */
const windowMs = 20;
/** The newest figure counts more when it is better: tasks get quicker as slots start and code is compiled. */
const whenQuicker = 0.7;
const whenSlower = 0.3;

/** The pace of a place that begins, or begins again after it had nothing to do: idle time is not counted. */
export function paceFrom(before: Pace | undefined, at: number): Pace {
  return { perMs: before?.perMs ?? 0, execMs: before?.execMs, since: at, ended: 0 };
}

/** The pace after some more tasks have ended. */
export function paceAfter(before: Pace, { at, count, execMs, measured }: Ended): Pace {
  const exec = measured === 0 ? before.execMs : quickened(before.execMs, execMs / measured);
  const ended = before.ended + count;
  const tookMs = at - before.since;
  if (tookMs < windowMs) return { ...before, execMs: exec, ended };
  const perMs = before.perMs === 0 ? ended / tookMs : 1 / quickened(1 / before.perMs, tookMs / Math.max(ended, 1e-9));
  return { perMs, execMs: exec, since: at, ended: 0 };
}

function quickened(before: number | undefined, now: number): number {
  if (before === undefined) return now;
  return before + (now < before ? whenQuicker : whenSlower) * (now - before);
}

/** Work that a place may have, milliseconds. */
const aheadMs = 200;
/** As many as an agent takes ahead at most. */
const mostAhead = 65_536;

/**
 * Tasks that a place gets through in some 200 ms. Where its slots could do more than was measured, the way there is what limits it:
 * then up to twice as many, so that the next measurement shows more.
 */
export function tasksAhead(pace: Pace | undefined, slots: number): number {
  if (pace === undefined || pace.perMs === 0) return 0;
  const bySlots = slots / Math.max(pace.execMs ?? 0, 1e-6);
  const perMs = Math.max(pace.perMs, Math.min(2 * pace.perMs, bySlots));
  return Math.min(mostAhead, Math.ceil(perMs * aheadMs));
}
