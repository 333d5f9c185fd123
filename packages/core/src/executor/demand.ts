/** Results of a lazy input that may wait for a taker before its intake pauses. */
const mostUntaken = 10_000;
/** The same, in bytes: large results pause it sooner. */
const mostUntakenBytes = 256 * 1024 * 1024;

/**
 * Who wants a job's results, and how: what decides whether results are kept and whether a lazy input is read on.
 * A loop takes results one by one and lets them go; everything else keeps them all.
 */
export class Demand {
  #keepsAll = false;
  #loops = 0;
  #awaitsEnd = false;
  #awaitsTask = false;
  #onGrowth: (() => void) | undefined;

  /** Called whenever more may be read than before. */
  onGrowth(listener: () => void): void {
    this.#onGrowth = listener;
  }

  /** True where a result that a loop took must stay for others. */
  get keepsAll(): boolean {
    return this.#keepsAll;
  }

  /** Somebody waits for all values. */
  keepAll(): void {
    if (this.#keepsAll) return;
    this.#keepsAll = true;
    this.#onGrowth?.();
  }

  /** Somebody waits for the end and takes nothing: a pause would last for ever. */
  awaitEnd(): void {
    this.#awaitsEnd = true;
    this.#onGrowth?.();
  }

  /** Somebody waits for one task, which may lie far ahead. */
  awaitTask(): void {
    this.#awaitsTask = true;
    this.#onGrowth?.();
  }

  enterLoop(): void {
    this.#loops += 1;
  }

  leaveLoop(): void {
    this.#loops -= 1;
    this.#onGrowth?.();
  }

  /** A loop took a result. */
  taken(): void {
    this.#onGrowth?.();
  }

  /** Whether a lazy input should rest while these results wait. */
  isSated(untaken: { readonly length: number; readonly bytes: number }): boolean {
    if (untaken.length < mostUntaken && untaken.bytes < mostUntakenBytes) return false;
    if (this.#keepsAll || this.#awaitsTask) return false;
    return this.#loops > 0 || !this.#awaitsEnd;
  }
}
