/** Random numbers that are the same for the same seed: mulberry32. */
export interface Seeded {
  /** From 0 to below 1. */
  next(): number;
  /** A whole number from 0 to below `count`. */
  below(count: number): number;
  pick<T>(of: readonly T[]): T;
  between(least: number, most: number): number;
  /** Each order of magnitude as likely as the others. */
  magnitude(least: number, most: number): number;
  /** A factor around 1 whose logarithm is normal with this deviation. */
  factor(deviation: number): number;
}

export function seeded(seed: number): Seeded {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return {
    next,
    below: count => Math.floor(next() * count),
    pick: of => of[Math.floor(next() * of.length)]!,
    between: (least, most) => least + (most - least) * next(),
    magnitude: (least, most) => least * (most / least) ** next(),
    factor: deviation => Math.exp(deviation * normal()),
  };
}
