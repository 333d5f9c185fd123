const kept = 512;
const fewest = 5;

/** The durations of the tasks that ended last. */
export class Durations {
  readonly #values = new Float64Array(kept);
  #count = 0;

  add(durationMs: number): void {
    this.#values[this.#count++ % kept] = durationMs;
  }

  /** The duration that nine of ten do not exceed, milliseconds; undefined while fewer than five are known. */
  get p90Ms(): number | undefined {
    if (this.#count < fewest) return undefined;
    const sorted = this.#values.slice(0, Math.min(this.#count, kept)).sort();
    return sorted[Math.ceil(sorted.length * 0.9) - 1];
  }
}
