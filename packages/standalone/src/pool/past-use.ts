/** How machines of a kind were used so far: all that the idle tail needs to know of the past, and little to keep. */
export interface PastUse {
  /** The latest gaps between two jobs on one machine, oldest first, milliseconds; at most 32. */
  readonly gapsMs: readonly number[];
  /**
   * By how much what was paid so far stays below twice the best that could have been paid, in milliseconds of machine time. So much may be
   * lost by guessing, and the bound holds still. Never negative.
   */
  readonly spareMs: number;
}

export const noPastUse: PastUse = { gapsMs: [], spareMs: 0 };

const keptGaps = 32;

/** A job, the gap after it until the next such job, and the idle tail that was waited of it; milliseconds. */
export interface Use {
  readonly busyMs: number;
  readonly gapMs: number;
  readonly tailMs: number;
}

/** The past with one more use; `startMs` is what a new start takes, as for `idleTail`. */
export function withUse(past: PastUse, { busyMs, gapMs, tailMs }: Use, startMs: number): PastUse {
  const paidMs = gapMs <= tailMs ? gapMs : tailMs + startMs;
  const bestMs = Math.min(gapMs, startMs);
  return {
    gapsMs: [...past.gapsMs, gapMs].slice(-keptGaps),
    spareMs: Math.max(0, past.spareMs + busyMs + 2 * bestMs - paidMs),
  };
}
