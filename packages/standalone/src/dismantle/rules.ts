import { bootGraceMs, reportFreshMs } from '../pool/state-of.js';
import { longestStopMs } from '../pool/stop-or-terminate.js';

/** How patient the dismantler is. All times are milliseconds. */
export interface DismantleRules {
  /** Between the first sight of two signals and the kill. @defaultValue 2 min */
  readonly delayMs: number;
  /** So long a machine may take from launch until its agent answers. @defaultValue 10 min */
  readonly bootGraceMs: number;
  /** Older reports of agents count for nothing. @defaultValue 2 min */
  readonly reportFreshMs: number;
  /** A machine may be stopped for so long, unless its intent gave it up, or its own plan is over before: its disks cost. @defaultValue 12 h */
  readonly stoppedMs: number;
  /** An intent that nothing came of is asked again, or closed, so long after its last try. @defaultValue 5 min */
  readonly intentGraceMs: number;
  /** The end of a machine whose own tag does not say, counted from its launch. @defaultValue 24 h */
  readonly maxLifetimeMs: number;
  /** Machines of other owners are terminated so long past their own end. @defaultValue never */
  readonly othersAfterMs?: number;
  /** Beyond it nothing is launched and idle machines go, dollars. @defaultValue none */
  readonly maxUsdPerDay?: number;
}

const minuteMs = 60_000;

export const defaultRules: DismantleRules = {
  delayMs: 2 * minuteMs,
  bootGraceMs,
  reportFreshMs,
  stoppedMs: longestStopMs,
  intentGraceMs: 5 * minuteMs,
  maxLifetimeMs: 24 * 60 * minuteMs,
};
