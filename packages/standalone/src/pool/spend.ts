/** What a machine was and will be billed for. Times are epoch milliseconds. */
export interface BilledMachine {
  readonly usdPerHour: number;
  /** From each start to the stop or the end; the last one may still run. */
  readonly runs: readonly { readonly startedAt: number; readonly endedAt?: number }[];
}

/** Each start is billed for so long at least, milliseconds. */
const minimumBilledMs = 60_000;

const dayMs = 86_400_000;

/** What these machines have cost so far, dollars; the minimum of a start counts from its first moment. */
export function spentUsd(machines: readonly BilledMachine[], now: number): number {
  return spentBetween(machines, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, now);
}

/** What they have cost so far in the day, by UTC, that `now` is in: what the cap of a day is held against. */
export function spentTodayUsd(machines: readonly BilledMachine[], now: number): number {
  const from = Math.floor(now / dayMs) * dayMs;
  return spentBetween(machines, from, from + dayMs, now);
}

/** What of their cost falls between two moments, as far as it is known at `now`. */
export function spentBetween(machines: readonly BilledMachine[], from: number, to: number, now: number): number {
  let usd = 0;
  for (const { usdPerHour, runs } of machines) {
    let ms = 0;
    for (const { startedAt, endedAt } of runs) {
      if (startedAt > now) continue;
      const billedUntil = Math.max(Math.min(endedAt ?? now, now), startedAt + minimumBilledMs);
      ms += Math.max(0, Math.min(billedUntil, to) - Math.max(startedAt, from));
    }
    usd += (ms / 3_600_000) * usdPerHour;
  }
  return usd;
}

/** Why one more machine must not be made today, or undefined where it may. Its first hour must still be within the cap. */
export function capProblem(todayUsd: number, maxUsdPerDay: number | undefined, usdPerHour: number): string | undefined {
  if (maxUsdPerDay === undefined || todayUsd + usdPerHour <= maxUsdPerDay) return undefined;
  return `$${todayUsd.toFixed(2)} of $${maxUsdPerDay.toFixed(2)} are spent today, and this machine costs $${usdPerHour.toFixed(2)} an hour`;
}
