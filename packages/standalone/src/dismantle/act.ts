import type { CloudMachine } from '../pool/cloud-machine.js';
import { within } from './deadline.js';
import type { Situation } from './situation.js';
import type { SweepLimits, SweepOptions } from './sweep-options.js';
import { type Deed, type Outcome, problemText } from './sweep-report.js';
import { judgeMachine, type MachineVerdict } from './verdict.js';

export interface Kill {
  readonly verdict: MachineVerdict;
  readonly machine: CloudMachine;
  /** The machine answered, so that its agent has to agree. */
  readonly hasAnswered: boolean;
}

/** Ends one machine, if it still is what was judged. Settles with what came of it; throws only where `signal` aborts. */
export async function endMachine(
  kill: Kill,
  options: SweepOptions,
  limits: SweepLimits,
  situation: Situation,
): Promise<Deed> {
  const { verdict } = kill;
  try {
    return { verdict, outcome: await end(kill, options, limits, situation) };
  } catch (error) {
    options.signal?.throwIfAborted();
    return { verdict, outcome: 'failed', problem: problemText(`"${verdict.machine}"`, error) };
  }
}

async function end(
  { verdict, machine, hasAnswered }: Kill,
  { cloud, retire, signal }: SweepOptions,
  limits: SweepLimits,
  situation: Situation,
): Promise<Outcome> {
  const { id } = machine;
  const look = () => within(limits.checkMs, `a look at "${id}"`, signal, ending => cloud.find(id, ending));
  const before = await look();
  if (before === undefined) return 'unconfirmed';
  if (!stillHolds(verdict, machine, before, situation)) return before.state === 'terminated' ? 'done' : 'changed';
  if (hasAnswered && !hasExpired(verdict)) {
    const answer = await within(limits.checkMs, `the retirement of "${id}"`, signal, ending => retire(before, ending));
    if (answer === 'busy') return 'busy';
  }
  if (verdict.action === 'stop') {
    await within(limits.endMs, `the stop of "${id}"`, signal, ending => cloud.stop(id, ending));
    return 'done';
  }
  await within(limits.endMs, `the end of "${id}"`, signal, ending => cloud.terminate(id, ending));
  return 'done';
}

/** The same incarnation, in the same state, with the same tags. Past its end, only what says that it is past it counts. */
function stillHolds(verdict: MachineVerdict, judged: CloudMachine, now: CloudMachine, situation: Situation): boolean {
  if (now.id !== judged.id || now.tags.incarnation !== judged.tags.incarnation) return false;
  if (hasExpired(verdict)) return judgeMachine(now, new Map(), situation).reason === verdict.reason;
  return now.state === judged.state && Object.is(now.launchedAt, judged.launchedAt) && hasSameTags(judged, now);
}

function hasSameTags({ tags: a }: CloudMachine, { tags: b }: CloudMachine): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof typeof a>;
  return [...keys].every(key => Object.is(a[key], b[key]));
}

function hasExpired({ reason }: MachineVerdict): boolean {
  return reason === 'expired' || reason === 'foreignExpired';
}
