/** Epoch milliseconds with fractions, and never backwards within a process: the clock of all task figures. */
export function epochNow(): number {
  return performance.timeOrigin + performance.now();
}
