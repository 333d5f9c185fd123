import { hostname, uptime } from 'node:os';

/** Two clocks of one computer: the one that people and NTP set, and the one that only ever runs. */
export interface ClockReading {
  readonly host: string;
  /** Epoch milliseconds. */
  readonly wallMs: number;
  /** Since the computer was started, its sleep included, milliseconds. */
  readonly uptimeMs: number;
}

export function readClocks(): ClockReading {
  return { host: hostname(), wallMs: Date.now(), uptimeMs: uptime() * 1000 };
}

/**
 * True where somebody set the clock between two readings, or nobody can tell what time passed: then no delay that it measured is worth
 * anything. A restart of the computer, and another one that shares the folder, show nothing.
 */
export function hasJumped(before: ClockReading | undefined, now: ClockReading, toleranceMs: number): boolean {
  if (before === undefined || before.host !== now.host) return false;
  if (now.wallMs < before.wallMs - toleranceMs) return true;
  if (now.uptimeMs < before.uptimeMs) return false;
  return Math.abs(now.wallMs - before.wallMs - (now.uptimeMs - before.uptimeMs)) > toleranceMs;
}
