/** Epoch milliseconds with fractions, and never backwards within a process: the clock of all task figures. */
export function epochNow(): number {
  return performance.timeOrigin + performance.now();
}

/** A timer set for longer fires at once (its delay is a 32-bit integer), milliseconds: 24.8 days. */
const longestDelayMs = 2 ** 31 - 1;

/** `setTimeout`, but what is longer than a timer can wait waits as long as a timer can. */
export function timer(callback: () => void, delayMs: number): NodeJS.Timeout {
  return setTimeout(callback, Math.min(delayMs, longestDelayMs));
}
