/** Measures how fast a count grows, over the last `windowMs`. */
export class Rate {
  readonly #windowMs: number;
  #samples: { readonly atMs: number; readonly count: number }[] = [];

  /** @param windowMs what is older does not count @defaultValue 15 s: long enough to be calm, short enough to follow */
  constructor(windowMs = 15_000) {
    this.#windowMs = windowMs;
  }

  add(atMs: number, count: number): void {
    this.#samples.push({ atMs, count });
    // One sample older than the window stays, to measure from.
    while (this.#samples.length > 2 && this.#samples[1]!.atMs <= atMs - this.#windowMs) this.#samples.shift();
  }

  /** Undefined until two samples are apart in time. */
  get perSecond(): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return undefined;
    return ((last.count - first.count) * 1000) / (last.atMs - first.atMs);
  }
}
