import { formatUsd } from '@megalith/core';
import { formatMs } from './in-words.js';
import { noPastUse, type PastUse } from './past-use.js';

export interface IdleTailFacts {
  readonly usdPerHour: number;
  /** From the launch until the agent serves, as it was measured; all of it is billed. Milliseconds. */
  readonly startMs: number;
  /** `startMs` is that of a machine which was stopped. @defaultValue false */
  readonly isAgain?: boolean;
  /** What each start is billed for at least, milliseconds. @defaultValue 60 s, as EC2 does */
  readonly minimumBilledMs?: number;
  /** What the user says; it wins. Milliseconds. */
  readonly pinnedMs?: number;
  /** How such machines were used so far. @defaultValue unknown */
  readonly past?: PastUse;
}

export interface IdleTail {
  /** So long a machine without work stays up, milliseconds. */
  readonly idleTailMs: number;
  /** One sentence. */
  readonly why: string;
}

/** Fewer gaps are no pattern. */
const fewestGaps = 5;
/** No guess waits longer than so many starts cost. */
const longestInStarts = 3;

/**
 * How long a machine without work is worth keeping. Without knowledge of what comes, it idles until that has cost what a new start costs
 * (ski rental): then all that is billed is at most twice what it would have been had the future been known. Where the past says more, the tail
 * that would have cost least then is taken, as far as `past.spareMs` pays for its being wrong, so that the bound holds all the same.
 */
export function idleTail(facts: IdleTailFacts): IdleTail {
  const { usdPerHour, startMs, minimumBilledMs = 60_000, pinnedMs, past = noPastUse } = facts;
  const start = facts.isAgain === true ? 'a start again' : 'a new start';
  const usd = (ms: number): string => formatUsd((ms / 3_600_000) * usdPerHour);
  if (pinnedMs !== undefined) {
    return { idleTailMs: pinnedMs, why: `the configuration says ${formatMs(pinnedMs)} (${usd(pinnedMs)})` };
  }
  // What is left of the minimum after the quickest job is paid anyway, so that idling costs nothing until then.
  const paidMs = Math.max(0, minimumBilledMs - startMs);
  if (startMs < paidMs) {
    const why = `each start is billed for ${formatMs(minimumBilledMs)} at least, and starting takes ${formatMs(startMs)} of it`;
    return { idleTailMs: paidMs, why };
  }
  const plain = {
    idleTailMs: startMs,
    why: `${start} is billed ${formatMs(startMs)} (${usd(startMs)}), and idling as long costs the same`,
  };
  if (past.gapsMs.length < fewestGaps) return plain;
  const bestMs = cheapestTail(past, startMs, paidMs);
  if (bestMs === startMs) return plain;
  const isKept = past.gapsMs.filter(gap => gap <= bestMs).length;
  const why = `of the last ${past.gapsMs.length} gaps between jobs ${isKept} were no longer than that; ${start} costs ${usd(startMs)}`;
  return { idleTailMs: bestMs, why };
}

/** What a tail would have cost over these gaps, in milliseconds of machine time. */
export function tailCostMs(gapsMs: readonly number[], tailMs: number, startMs: number): number {
  let sum = 0;
  for (const gap of gapsMs) sum += gap <= tailMs ? gap : tailMs + startMs;
  return sum;
}

/** One that differs from a start's cost loses no more than the difference to it, whatever gap comes. */
function cheapestTail({ gapsMs, spareMs }: PastUse, startMs: number, leastMs: number): number {
  const lowest = Math.max(leastMs, startMs - spareMs);
  const highest = Math.min(longestInStarts * startMs, startMs + spareMs);
  let best = startMs;
  let bestCost = tailCostMs(gapsMs, startMs, startMs);
  for (const tail of [lowest, ...gapsMs]) {
    if (tail < lowest || tail > highest) continue;
    const cost = tailCostMs(gapsMs, tail, startMs);
    if (cost < bestCost || (cost === bestCost && tail < best)) [best, bestCost] = [tail, cost];
  }
  return best;
}
