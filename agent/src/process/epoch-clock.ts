/** Two clocks of one machine that are this close are the same, milliseconds. */
const toleratedMs = 100;

/**
 * Epoch milliseconds with fractions, steady while the process runs. The clock behind `performance.now` stands still while a machine, or a
 * function's sandbox, is frozen: after that it is set by the wall clock again.
 */
export function epochClock(
  wallMs: () => number = Date.now,
  steadyMs: () => number = () => performance.now(),
  originMs: number = performance.timeOrigin,
): () => number {
  let offsetMs = originMs;
  return () => {
    const nowMs = offsetMs + steadyMs();
    const apartMs = wallMs() - nowMs;
    if (Math.abs(apartMs) <= toleratedMs) return nowMs;
    offsetMs += apartMs;
    return nowMs + apartMs;
  };
}

/** This process's own. */
export const epochMs = epochClock();
