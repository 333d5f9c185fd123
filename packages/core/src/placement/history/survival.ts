/** One figure of many; `isOver`: the true one is higher, by nobody knows how much. */
export interface Observation {
  readonly value: number;
  readonly isOver: boolean;
  /** Above 0. */
  readonly weight: number;
}

/**
 * A quantile of figures of which some are only known to be higher than a bound (Kaplan and Meier's estimator). Where so many are only bounds that the
 * quantile lies above all of them, what lies there is taken to thin out as Pareto's distribution does.
 * @param q above 0 and below 1
 * @param tail how far it reaches: with 1, half of what is over a bound is over twice the bound; with 0, none
 * @returns undefined without observations
 */
export function quantileOf(observations: readonly Observation[], q: number, tail: number): number | undefined {
  // Of equals, what is known to end there was still there.
  const sorted = observations.toSorted((a, b) => a.value - b.value || Number(a.isOver) - Number(b.isOver));
  let left = sorted.reduce((sum, { weight }) => sum + weight, 0);
  let survival = 1;
  for (const { value, isOver, weight } of sorted) {
    if (!isOver) survival *= left <= weight ? 0 : 1 - weight / left;
    // Sums of weights are not exact.
    if (survival <= 1 - q + 1e-9) return value;
    left -= weight;
  }
  const last = sorted.at(-1);
  return last && last.value * (survival / (1 - q)) ** tail;
}
