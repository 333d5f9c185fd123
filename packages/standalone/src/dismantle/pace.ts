/** When the next sweep comes. All times are milliseconds. */
export interface Pace {
  /** @defaultValue 60 s */
  readonly intervalMs: number;
  /** After a start, for the first sweeps: what a crash left behind goes soon. @defaultValue 5 s */
  readonly quickMs: number;
  /** @defaultValue 20 */
  readonly quickSweeps: number;
  /** A sweep that failed waits longer each time, up to this. @defaultValue 5 min */
  readonly mostMs: number;
}

export const defaultPace: Pace = { intervalMs: 60_000, quickMs: 5_000, quickSweeps: 20, mostMs: 300_000 };

/**
 * The wait before the next sweep, a tenth more or less, so that watchers that started together do not stay together.
 * @param good sweeps so far that looked at everything
 * @param failures sweeps in a row, the last one included, that did not
 * @param random from 0 to 1
 */
export function waitMs(pace: Pace, good: number, failures: number, random: number): number {
  const base = good < pace.quickSweeps ? pace.quickMs : pace.intervalMs;
  const backedOff = Math.min(base * 2 ** Math.min(failures, 30), Math.max(base, pace.mostMs));
  return Math.round(backedOff * (0.9 + 0.2 * random));
}
