/** The longest delay that setTimeout takes; a longer one would fire at once. */
const longestDelayMs = 2 ** 31 - 1;

/** Calls back once after any time, weeks included. The result ends the wait. */
export function after(ms: number, callback: () => void): () => void {
  let timer: NodeJS.Timeout;
  const arm = (leftMs: number): void => {
    const next = leftMs > longestDelayMs ? () => arm(leftMs - longestDelayMs) : callback;
    timer = setTimeout(next, Math.min(leftMs, longestDelayMs));
  };
  arm(ms);
  return () => clearTimeout(timer);
}
