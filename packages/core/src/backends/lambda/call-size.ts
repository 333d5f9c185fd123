export interface CallFacts {
  /** What one task of this job took of late, milliseconds; undefined before the first has ended. */
  readonly taskMs: number | undefined;
  /** What one task's result had of late, bytes. */
  readonly resultBytes: number;
  /** Tasks of the largest call so far; 0 before the first. */
  readonly previous: number;
  /** Tasks that are ready. */
  readonly queued: number;
  /** Calls that may begin now. */
  readonly free: number;
  /** Tasks that run at once in one call. */
  readonly parallel: number;
}

/** A call of tasks that take this long together pays for its way many times over. */
const targetMs = 1000;
/** Shorter than this a call is mostly its own way, however many are free: a round trip, and this program's work for it. */
const worthwhileMs = 50;
const growth = 8;
const most = 4096;
/** Results of one call, so that they fit its answer. */
const targetBytes = 2 * 2 ** 20;

/**
 * How many tasks go into one call. One at first; where tasks prove to be short, so many that the call takes about a second. No task waits for
 * others while calls are free, but for those so short that a call of their own would cost more time than it saves.
 */
export function callSize({ taskMs, resultBytes, previous, queued, free, parallel }: CallFacts): number {
  if (taskMs === undefined || previous === 0) return Math.min(1, queued);
  const within = (ms: number): number => (taskMs <= 0 ? most : Math.floor((ms * parallel) / taskMs));
  const fair = Math.ceil(queued / Math.max(1, free));
  const fitting = resultBytes <= 0 ? most : Math.floor(targetBytes / resultBytes);
  const wished = Math.min(within(targetMs), Math.max(fair, within(worthwhileMs)));
  return Math.min(queued, Math.max(1, Math.min(wished, previous * growth, fitting, most)));
}

const whenQuicker = 0.7;
const whenSlower = 0.3;

/** The running average of a figure, after `count` tasks had `now` on average; what falls is believed sooner than what rises. */
export function average(before: number | undefined, now: number): number {
  return before === undefined ? now : before + (now < before ? whenQuicker : whenSlower) * (now - before);
}
