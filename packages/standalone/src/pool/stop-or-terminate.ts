import { formatUsd } from '@megalith/core';
import type { Market } from './cloud-machine.js';
import { formatMs } from './in-words.js';

/** What matters once a machine's idle tail is over. */
export interface StopFacts {
  readonly market: Market;
  readonly usdPerHour: number;
  /** A new machine, from the launch until its agent serves, as measured, milliseconds. */
  readonly startMs: number;
  /** A stopped one until its agent serves, milliseconds. */
  readonly restartMs: number;
  /** Each start is billed for so long at least, milliseconds. @defaultValue 60 s */
  readonly minimumBilledMs?: number;
  /** What its network volumes cost, also while it is stopped. */
  readonly diskUsdPerHour: number;
  /** What an hour of waiting for a machine is worth. @defaultValue 0 */
  readonly waitingUsdPerHour?: number;
  /** It has disks that lose what they hold where it is stopped. */
  readonly hasLocalDisks: boolean;
  /** Until its absolute end, milliseconds. */
  readonly leftMs: number;
  /** How long it was until the next such job, from the end of the last one, milliseconds. @defaultValue unknown */
  readonly gapsMs?: readonly number[];
  /** How long it has been idle, milliseconds. */
  readonly idleForMs: number;
  /** The user wants it stopped, whether that is cheaper or not. @defaultValue false */
  readonly isWanted?: boolean;
}

export type StopDecision =
  | { readonly do: 'terminate'; readonly why: string }
  | {
      readonly do: 'stop';
      /** It ends for good after so long stopped, milliseconds. */
      readonly forMs: number;
      readonly why: string;
    };

/** To stop and to start takes minutes: a shorter rest is none, milliseconds. */
const shortestMs = 10 * 60_000;
/** Nor does one that is wanted stay for longer, milliseconds. */
export const longestStopMs = 12 * 3_600_000;
/** Fewer rests are no pattern. */
const fewestRests = 5;

/**
 * Whether a machine whose idle tail is over is worth stopping. A stopped one costs its disks, and its next start is quicker than a new
 * machine's. It stays until its disks have cost what the quicker start saves, so that it never loses more than it could have won; and it is only
 * stopped where jobs were seen to come back in that time, as nothing but a sweep ends what is stopped.
 */
export function stopOrTerminate(facts: StopFacts): StopDecision {
  const { leftMs, gapsMs = [], idleForMs, diskUsdPerHour, restartMs } = facts;
  if (facts.market === 'spot') return terminate('a one-time spot machine cannot be stopped');
  if (facts.hasLocalDisks) return terminate('it has disks of its own, and stopping would lose what they hold');
  const longestMs = Math.min(longestStopMs, leftMs - shortestMs);
  if (longestMs < shortestMs) return terminate(`its own end is ${formatMs(Math.max(0, leftMs))} away`);
  if (facts.isWanted === true) return { do: 'stop', forMs: longestMs, why: 'the configuration says so' };
  const savedUsd = startUsd(facts, facts.startMs) - startUsd(facts, restartMs);
  if (savedUsd <= 0) return terminate('starting it again costs no less than a new machine');
  const diskUsdPerMs = diskUsdPerHour / 3_600_000;
  const paysForMs = diskUsdPerMs === 0 ? Number.POSITIVE_INFINITY : savedUsd / diskUsdPerMs;
  const forMs = Math.min(paysForMs, longestMs);
  if (forMs < shortestMs) {
    return terminate(`a start again saves ${formatUsd(savedUsd)}, which its disks cost in ${formatMs(paysForMs)}`);
  }
  const rests = gapsMs.filter(gap => gap > idleForMs).map(gap => gap - idleForMs);
  if (rests.length < fewestRests) {
    return terminate(`nothing says that a job comes back: ${rests.length} such rests are known, of ${fewestRests}`);
  }
  const returns = rests.filter(rest => rest <= forMs).length;
  const heldMs = rests.reduce((sum, rest) => sum + Math.min(rest, forMs), 0);
  const seen = `of the last ${rests.length} such rests ${returns} ended within ${formatMs(forMs)}`;
  if (returns * savedUsd <= heldMs * diskUsdPerMs)
    return terminate(`${seen}: its disks would cost more than they save`);
  const saves = `a start again saves ${formatUsd(savedUsd)}, and its disks cost ${formatUsd(diskUsdPerHour)} an hour`;
  return { do: 'stop', forMs, why: `${saves}; ${seen}` };
}

/** What a start costs: machine time before the agent serves, at least the minimum, and the waiting. */
function startUsd({ usdPerHour, waitingUsdPerHour = 0, minimumBilledMs = 60_000 }: StopFacts, ms: number): number {
  return (Math.max(ms, minimumBilledMs) * usdPerHour + ms * waitingUsdPerHour) / 3_600_000;
}

function terminate(why: string): StopDecision {
  return { do: 'terminate', why };
}
