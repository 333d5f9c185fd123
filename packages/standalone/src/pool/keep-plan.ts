import type { Market } from './cloud-machine.js';
import { idleTail } from './idle-tail.js';
import { formatMs } from './in-words.js';
import { type MachineUses, type MeasuredMs, restartOf, startOf } from './machine-uses.js';
import { stopOrTerminate } from './stop-or-terminate.js';

/** What is done with machines whose idle tail is over: `auto` stops one where its past says that this is cheaper. */
export type WhenIdle = 'terminate' | 'stop' | 'auto';

export interface KeepFacts {
  readonly market: Market;
  readonly usdPerHour: number;
  /** What its network volumes cost, stopped or not. */
  readonly diskUsdPerHour: number;
  /** It has disks that lose what they hold where it is stopped. */
  readonly hasLocalDisks: boolean;
  /** Until its absolute end, milliseconds. */
  readonly leftMs: number;
  /** @defaultValue nothing is known */
  readonly uses?: MachineUses | undefined;
  /** How long the user wants it to stay, milliseconds. */
  readonly pinnedMs?: number | undefined;
  readonly whenIdle: WhenIdle;
}

/** What becomes of a machine without work. */
export interface KeepPlan {
  /** So long it stays up, milliseconds. */
  readonly idleTailMs: number;
  /** One sentence. */
  readonly why: string;
  /** What its shutdown is then. */
  readonly atEnd: 'terminate' | 'stop';
  /** How long it stays stopped, milliseconds. */
  readonly stoppedForMs?: number;
  /** One sentence, where stopping was thought of. */
  readonly whyEnd?: string;
}

/**
 * How long a machine is kept without work, and what comes then. A machine that is stopped rather than terminated is stopped sooner: to have it back
 * costs a start again, not a new one.
 */
export function keepPlan(facts: KeepFacts): KeepPlan {
  const { usdPerHour, uses, pinnedMs, whenIdle, leftMs } = facts;
  const start = startOf(uses);
  const past = uses?.past;
  const pinned = pinnedMs === undefined ? {} : { pinnedMs };
  const known = { usdPerHour, ...pinned, ...(past === undefined ? {} : { past }) };
  const told = (why: string, by: MeasuredMs): string => (pinnedMs === undefined ? `${why} (${sourceOf(by)})` : why);
  const plain = idleTail({ ...known, startMs: start.ms });
  const ending = { idleTailMs: plain.idleTailMs, why: told(plain.why, start), atEnd: 'terminate' } as const;
  if (whenIdle === 'terminate') return ending;

  const restart = restartOf(uses);
  const quick = idleTail({ ...known, startMs: restart.ms, isAgain: true });
  const { idleTailMs } = quick;
  const decision = stopOrTerminate({
    ...facts,
    startMs: start.ms,
    restartMs: restart.ms,
    gapsMs: past?.gapsMs ?? [],
    idleForMs: idleTailMs,
    leftMs: leftMs - idleTailMs,
    isWanted: whenIdle === 'stop',
  });
  if (decision.do === 'terminate') return { ...ending, whyEnd: decision.why };
  const why = told(quick.why, restart);
  return { idleTailMs, why, atEnd: 'stop', stoppedForMs: decision.forMs, whyEnd: decision.why };
}

function sourceOf({ ms, measured }: MeasuredMs): string {
  if (measured === 0) return `${formatMs(ms)} is a guess: none was measured yet`;
  return measured === 1 ? 'as it was measured once' : `the median of ${measured} that were measured`;
}
