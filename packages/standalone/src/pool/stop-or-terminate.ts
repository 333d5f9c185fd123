import type { Market } from './cloud-machine.js';
import { formatMs, formatUsd } from './in-words.js';

/** What matters once a machine's idle tail is over. */
export interface StopFacts {
  readonly market: Market;
  readonly usdPerHour: number;
  /** A new machine, from the launch until its agent serves, as measured, milliseconds. */
  readonly startMs: number;
  /** A stopped one until its agent serves, as measured; undefined where none was ever started again. Milliseconds. */
  readonly restartMs?: number;
  /** Each start is billed for so long at least, milliseconds. @defaultValue 60 s */
  readonly minimumBilledMs?: number;
  /** Its network volumes: they cost while it is stopped. */
  readonly diskBytes: number;
  readonly usdPerGibMonth: number;
  /** What an hour of waiting for a machine is worth. @defaultValue 0 */
  readonly waitingUsdPerHour?: number;
  /** Its own disks hold what is still wanted: stopping loses them. */
  readonly hasLocalData: boolean;
  /** Until its absolute end, milliseconds. */
  readonly leftMs: number;
  /** How long it was until the next such job, from the end of the last one, milliseconds. @defaultValue unknown */
  readonly gapsMs?: readonly number[];
  /** How long it has been idle, milliseconds. */
  readonly idleForMs: number;
}

export type StopDecision =
  | { readonly do: 'terminate'; readonly why: string }
  | {
      readonly do: 'stop';
      /** It ends for good after so long stopped, milliseconds. */
      readonly forMs: number;
      readonly why: string;
    };

const bytesPerGib = 2 ** 30;
const monthMs = 730 * 3_600_000;
/** To stop and to start takes minutes: a shorter rest is none. */
const shortestMs = 10 * 60_000;
/** Fewer gaps are no pattern. */
const fewestGaps = 5;

/**
 * Whether a machine whose idle tail is over is worth stopping. A stopped one costs its disks, and its next start is quicker than a new
 * machine's. It stays until its disks have cost what the quicker start saves, so that it never loses more than it could have won.
 */
export function stopOrTerminate(facts: StopFacts): StopDecision {
  const { restartMs, leftMs, gapsMs = [], idleForMs } = facts;
  if (facts.market === 'spot') return terminate('a one-time spot machine cannot be stopped');
  if (facts.hasLocalData) return terminate('its own disks hold data, which stopping would lose');
  if (restartMs === undefined) return terminate('nobody measured yet what starting it again takes');
  const savedUsd = startUsd(facts, facts.startMs) - startUsd(facts, restartMs);
  if (savedUsd <= 0) return terminate('starting it again costs no less than a new machine');
  const diskUsdPerMs = ((facts.diskBytes / bytesPerGib) * facts.usdPerGibMonth) / monthMs;
  const paysForMs = diskUsdPerMs === 0 ? Number.POSITIVE_INFINITY : savedUsd / diskUsdPerMs;
  const forMs = Math.min(paysForMs, leftMs - shortestMs);
  const ends = leftMs < Number.POSITIVE_INFINITY && forMs < paysForMs;
  if (forMs < shortestMs) {
    return terminate(
      ends
        ? `its own end is ${formatMs(Math.max(0, leftMs))} away`
        : `a start again saves ${formatUsd(savedUsd)}, which its disks cost in ${formatMs(paysForMs)}`,
    );
  }
  const saves = `a start again saves ${formatUsd(savedUsd)}, and its disks cost ${formatUsd(diskUsdPerMs * 3_600_000)} an hour`;
  const rests = gapsMs.filter(gap => gap > idleForMs).map(gap => gap - idleForMs);
  if (rests.length < fewestGaps) return { do: 'stop', forMs, why: `${saves}; it ends after ${formatMs(forMs)}` };
  const returns = rests.filter(rest => rest <= forMs).length;
  const heldMs = rests.reduce((sum, rest) => sum + Math.min(rest, forMs), 0);
  const seen = `of the last ${rests.length} such rests ${returns} ended within ${formatMs(forMs)}`;
  if (returns * savedUsd <= heldMs * diskUsdPerMs)
    return terminate(`${seen}: its disks would cost more than they save`);
  return { do: 'stop', forMs, why: `${saves}; ${seen}` };
}

/** What a start costs: machine time before the agent serves, at least the minimum, and the waiting. */
function startUsd({ usdPerHour, waitingUsdPerHour = 0, minimumBilledMs = 60_000 }: StopFacts, ms: number): number {
  return (Math.max(ms, minimumBilledMs) * usdPerHour + ms * waitingUsdPerHour) / 3_600_000;
}

function terminate(why: string): StopDecision {
  return { do: 'terminate', why };
}
