import { noPastUse, type PastUse, withUse } from './past-use.js';

/** Machines that start alike and are used alike. */
export interface MachineKind {
  readonly provider: string;
  readonly region: string;
  /** As machines' tags name it. */
  readonly image: string;
  readonly type: string;
}

/** What this client has measured of machines of a kind, and how its jobs have used them. All times are milliseconds. */
export interface MachineUses extends MachineKind {
  readonly formatVersion: 1;
  readonly id: string;
  /** From the launch of a new machine until its agent served, the latest last. */
  readonly startsMs: readonly number[];
  /** The same, of machines that were stopped. */
  readonly restartsMs: readonly number[];
  readonly past: PastUse;
  /** Machines that a job has left and none has come to since, the longest idle first. */
  readonly idle: readonly LeftMachine[];
}

export interface LeftMachine {
  /** The cloud's own id. */
  readonly machine: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** How long the job had it. */
  readonly busyMs: number;
  /** How long it stays without work. */
  readonly tailMs: number;
}

/** How long a start takes, and how that is known. */
export interface MeasuredMs {
  readonly ms: number;
  /** So many measurements; 0: it is a guess. */
  readonly measured: number;
}

/** A guess of the time from launch to service where none was measured, milliseconds: what public images take. */
const usualStartMs = 90_000;
/** The same for a machine that was stopped: its system and its agent are there. */
const usualRestartMs = 45_000;
const keptTimes = 9;
const keptIdle = 32;

/** A kind that nothing is known of. */
export function noUses(id: string, { provider, region, image, type }: MachineKind): MachineUses {
  return {
    formatVersion: 1,
    id,
    provider,
    region,
    image,
    type,
    startsMs: [],
    restartsMs: [],
    past: noPastUse,
    idle: [],
  };
}

/** What a new machine takes: the median, which one slow start does not move. */
export function startOf(uses: Pick<MachineUses, 'startsMs'> | undefined): MeasuredMs {
  return measured(uses?.startsMs ?? [], usualStartMs);
}

/** What a stopped machine takes, which is never more than a new one where nobody measured it. */
export function restartOf(uses: Pick<MachineUses, 'startsMs' | 'restartsMs'> | undefined): MeasuredMs {
  return measured(uses?.restartsMs ?? [], Math.min(usualRestartMs, startOf(uses).ms / 2));
}

/** A machine serves, so long after it was launched or, stopped before, started. */
export function withStart(uses: MachineUses, how: 'new' | 'started', ms: number): MachineUses {
  const times = how === 'new' ? 'startsMs' : 'restartsMs';
  return { ...uses, [times]: [...uses[times], Math.max(0, ms)].slice(-keptTimes) };
}

/** A job has left a machine. */
export function withLeft(uses: MachineUses, left: LeftMachine): MachineUses {
  const idle = [...uses.idle.filter(({ machine }) => machine !== left.machine), left];
  const [first] = idle;
  if (first === undefined || idle.length <= keptIdle) return { ...uses, idle };
  // Nobody came back to it in all that time.
  return withGap({ ...uses, idle }, first, left.at);
}

/**
 * A job has come to a machine, and so a gap has ended: that of the machine; where it is new, that of the one which was left last and is gone, because
 * the job would have had that one had it been kept.
 */
export function withJob(uses: MachineUses, { machine, isNew }: { machine: string; isNew: boolean }, at: number) {
  const own = uses.idle.find(left => left.machine === machine);
  const ended = own ?? (isNew ? uses.idle.findLast(left => at - left.at > left.tailMs) : undefined);
  return ended === undefined ? uses : withGap(uses, ended, at);
}

function withGap(uses: MachineUses, ended: LeftMachine, at: number): MachineUses {
  const { busyMs, tailMs } = ended;
  const use = { busyMs, tailMs, gapMs: Math.max(0, at - ended.at) };
  const idle = uses.idle.filter(left => left !== ended);
  return { ...uses, idle, past: withUse(uses.past, use, startOf(uses).ms) };
}

function measured(times: readonly number[], guessMs: number): MeasuredMs {
  if (times.length === 0) return { ms: guessMs, measured: 0 };
  const sorted = times.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1]!, sorted[sorted.length >> 1]!];
  return { ms: (low + high) / 2, measured: times.length };
}
