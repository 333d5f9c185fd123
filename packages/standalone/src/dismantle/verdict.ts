import { formatDuration } from '@megalith/core';
import type { CloudMachine } from '../pool/cloud-machine.js';
import { type IntentVerdict, judgeIntents } from './intent-verdicts.js';
import type { Mark } from './marks.js';
import {
  freshReport,
  type IntentBook,
  inWords,
  isBusy,
  isOutOfReach,
  isYoung,
  type Signal,
  signalsOf,
} from './signals.js';
import { endOf, type Situation } from './situation.js';

type MachineReason =
  | 'foreign'
  | 'foreignExpired'
  | 'ending'
  | 'clockSuspect'
  | 'expired'
  | 'kept'
  | 'busy'
  | 'booting'
  | 'needed'
  | 'suspect'
  | 'stopped'
  | 'waiting'
  | 'orphan'
  | 'idle'
  | 'overBudget'
  | 'stoppedTooLong';

interface OfMachine {
  readonly machine: string;
  readonly incarnation?: string | undefined;
  readonly reason: MachineReason;
  /** One sentence. */
  readonly because: string;
}

export type MachineVerdict = OfMachine &
  ({ readonly action: 'leave' | 'unmark' | 'terminate' | 'stop' } | { readonly action: 'mark'; readonly mark: Mark });

export type Verdict = MachineVerdict | IntentVerdict;

/**
 * What is to be done with each machine and each intent without one, and why. Pure; the order of what is given does not matter.
 *
 * - Past its end (`expires`, and the skew of clocks) a machine of this owner is terminated at once, whatever it does and whoever keeps it. Nothing
 *   drains it first: its own timer ends it at the same moment, and whoever leases must look at the end before.
 * - Otherwise two signals must hold in two sweeps that are a delay apart. A fresh report of jobs or a lease saves it, and so does `keep`.
 * - That a machine which has served is out of reach from here is no signal: the cloud's own checks have to find it dead too.
 * - A clock that was set delays, and never kills.
 */
export function judge(situation: Situation): Verdict[] {
  const intents: IntentBook = new Map(situation.intents.map(intent => [intent.id, intent]));
  const cloud = onceEach(situation.cloud);
  const verdicts = cloud.map(machine => judgeMachine(machine, intents, situation));
  return [...verdicts.sort(dearestKillFirst(situation)), ...judgeIntents(cloud, situation)];
}

/** The verdict on one machine alone. */
export function judgeMachine(machine: CloudMachine, intents: IntentBook, situation: Situation): MachineVerdict {
  const { now, clockSkewMs, rules } = situation;
  const mark = situation.marks.get(machine.id);
  const verdict = (action: 'leave' | 'terminate' | 'stop' | 'unmark', reason: MachineReason, because: string) =>
    ({ ...nameOf(machine), action, reason, because }) as const;
  const spare = (reason: MachineReason, because: string): MachineVerdict =>
    verdict(mark === undefined ? 'leave' : 'unmark', reason, because);

  if (machine.state === 'shutting-down' || machine.state === 'terminated') {
    return verdict('leave', 'ending', `it is ${machine.state}`);
  }
  const isSuspect = situation.isClockSuspect === true;
  if (isForeign(machine, situation)) return judgeForeign(machine, situation);
  const pastEndMs = now - clockSkewMs - endOf(machine, rules);
  if (pastEndMs > 0 && isSuspect)
    return verdict('leave', 'clockSuspect', 'this computer’s clock was set: its end may not have come');
  if (pastEndMs > 0)
    return verdict('terminate', 'expired', `its end has passed by ${formatDuration(pastEndMs + clockSkewMs)}`);
  if (machine.tags.keep !== undefined) return spare('kept', keptWords(machine, situation));
  if (isBusy(freshReport(machine, situation))) return spare('busy', 'its agent has work');
  const young = isYoung(machine, situation);
  if (machine.state === 'pending' && young) return spare('booting', 'it has only just been launched');

  const signals = signalsOf(machine, intents, situation);
  const isStopped = signals.includes('stopped');
  if (signals.length < 2 && !isStopped) {
    const isAway = isOutOfReach(machine, intents.get(machine.tags.intent), situation);
    return spare(young ? 'booting' : 'needed', isAway ? outOfReachWords : singleWords(signals));
  }
  const kind = isStopped ? 'stopped' : 'suspect';
  const because = inWords(signals);
  if (mark === undefined || isSuspect || !isOf(mark, machine, kind) || mark.at > now) {
    const fresh: Mark = { ...markOf(machine), at: now, kind, because };
    return { ...nameOf(machine), action: 'mark', reason: kind, because, mark: fresh };
  }
  const until = isStopped && !signals.includes('disowned') ? stoppedUntil(machine, mark, situation) : mark.at;
  const leftMs = Math.max(mark.at + rules.delayMs, until) - now;
  if (leftMs > 0)
    return verdict('leave', 'waiting', `${because}; it goes in ${formatDuration(leftMs)} if that stays so`);
  const reason = reasonOf(signals);
  return verdict(reason === 'idle' && mayStop(machine, situation) ? 'stop' : 'terminate', reason, because);
}

/** Only an owner's name makes a machine somebody else's: one whose tag is gone is still ours by the tag that it was listed by. */
export function isForeign({ tags }: CloudMachine, { owner }: Pick<Situation, 'owner'>): boolean {
  return tags.owner !== '' && tags.owner !== owner;
}

function judgeForeign(machine: CloudMachine, { now, clockSkewMs, isClockSuspect, rules }: Situation): MachineVerdict {
  const { owner, expiresAt } = machine.tags;
  const isPast = rules.othersAfterMs !== undefined && now - clockSkewMs > expiresAt + rules.othersAfterMs;
  if (isPast && isClockSuspect !== true) {
    const because = `it is of "${owner}", and its end has passed by ${formatDuration(now - expiresAt)}`;
    return { ...nameOf(machine), action: 'terminate', reason: 'foreignExpired', because };
  }
  return { ...nameOf(machine), action: 'leave', reason: 'foreign', because: `it is of "${owner}"` };
}

function nameOf({ id, tags: { incarnation } }: CloudMachine): Pick<OfMachine, 'machine' | 'incarnation'> {
  return { machine: id, ...(incarnation === undefined ? {} : { incarnation }) };
}

function markOf({ launchedAt, tags: { incarnation } }: CloudMachine): Pick<Mark, 'launchedAt' | 'incarnation'> {
  return { launchedAt, ...(incarnation === undefined ? {} : { incarnation }) };
}

function isOf(mark: Mark, { launchedAt, tags }: CloudMachine, kind: Mark['kind']): boolean {
  return mark.incarnation === tags.incarnation && Object.is(mark.launchedAt, launchedAt) && mark.kind === kind;
}

function reasonOf(signals: readonly Signal[]): MachineReason {
  if (signals.includes('stopped')) return signals.includes('disowned') ? 'orphan' : 'stoppedTooLong';
  if (signals.includes('unwanted')) return 'orphan';
  return signals.includes('overBudget') ? 'overBudget' : 'idle';
}

/** A spot machine can't be stopped as others can. */
function mayStop({ id, market, state }: CloudMachine, { stopUntil, now }: Situation): boolean {
  return (stopUntil?.get(id) ?? 0) > now && market === 'on-demand' && state === 'running';
}

function stoppedUntil({ id }: CloudMachine, { at }: Mark, { stopUntil, rules }: Situation): number {
  return Math.min(at + rules.stoppedMs, stopUntil?.get(id) ?? Number.POSITIVE_INFINITY);
}

const outOfReachWords =
  'it can’t be reached from here, and the cloud does not find it dead: the network on this side may be down';

function singleWords(signals: readonly Signal[]): string {
  return signals.length === 0 ? 'nothing speaks against it' : `only one thing speaks against it: ${inWords(signals)}`;
}

function keptWords({ id, tags, launchedAt }: CloudMachine, { now, spend }: Situation): string {
  const usdPerHour = spend?.usdPerHour.get(id);
  if (usdPerHour === undefined) return `somebody keeps it: ${tags.keep}`;
  const usd = (Math.max(0, now - launchedAt) / 3_600_000) * usdPerHour;
  return `somebody keeps it, for $${usdPerHour.toFixed(2)} an hour and $${usd.toFixed(2)} since its start: ${tags.keep}`;
}

const lifeOrder: readonly CloudMachine['state'][] = [
  'pending',
  'running',
  'stopping',
  'stopped',
  'shutting-down',
  'terminated',
];

/** A machine that moves between two pages of a list is listed twice. An end is final; else the latest start counts, and what is furthest in its life. */
function onceEach(cloud: readonly CloudMachine[]): CloudMachine[] {
  const byId = new Map<string, CloudMachine>();
  for (const machine of cloud) {
    const other = byId.get(machine.id);
    if (other === undefined || isLater(machine, other)) byId.set(machine.id, machine);
  }
  return [...byId.values()];
}

function isLater(a: CloudMachine, b: CloudMachine): boolean {
  if ((a.state === 'terminated') !== (b.state === 'terminated')) return a.state === 'terminated';
  if (a.launchedAt !== b.launchedAt) return a.launchedAt > b.launchedAt;
  const difference = lifeOrder.indexOf(a.state) - lifeOrder.indexOf(b.state);
  return difference === 0 ? JSON.stringify(a) > JSON.stringify(b) : difference > 0;
}

function dearestKillFirst({ spend }: Situation): (a: MachineVerdict, b: MachineVerdict) => number {
  const rank = ({ action }: MachineVerdict): number => (action === 'terminate' ? 0 : action === 'stop' ? 1 : 2);
  const price = ({ machine }: MachineVerdict): number => spend?.usdPerHour.get(machine) ?? 0;
  return (a, b) => rank(a) - rank(b) || price(b) - price(a) || (a.machine < b.machine ? -1 : 1);
}
