import { formatDuration } from '@megalith/core';
import type { CloudMachine } from '../pool/cloud-machine.js';
import type { LaunchIntent } from '../pool/launch-intent.js';
import { isJobOver } from './signals.js';
import { isOverBudget, type Situation } from './situation.js';

type IntentReason = 'neverAsked' | 'answerLost' | 'jobOver' | 'intentExpired' | 'machineEnded' | 'overBudget';

export interface IntentVerdict {
  readonly intent: string;
  readonly action: 'closeIntent' | 'replayIntent';
  readonly reason: IntentReason;
  /** One sentence. */
  readonly because: string;
}

/**
 * What becomes of open intents that no machine came of. To close one is safe: a machine that turns up later carries its id, and is dismantled. An
 * intent that has a machine is closed once that was seen to be terminated, or could not live any more.
 */
export function judgeIntents(cloud: readonly CloudMachine[], situation: Situation): IntentVerdict[] {
  if (situation.isComplete === false || situation.isClockSuspect === true) return [];
  const living = new Set<string>();
  const ended = new Set<string>();
  for (const { id, state, tags } of cloud) {
    if (state === 'terminated') ended.add(id);
    else living.add(tags.intent).add(id);
  }
  return situation.intents
    .filter(({ id, machine, closedAt, owner }) => {
      if (closedAt !== undefined || owner !== situation.owner) return false;
      return !living.has(id) && (machine === undefined || !living.has(machine));
    })
    .map(intent => judgeIntent(intent, intent.machine !== undefined && ended.has(intent.machine), situation))
    .filter(verdict => verdict !== undefined)
    .sort((a, b) => (a.intent < b.intent ? -1 : 1));
}

function judgeIntent(intent: LaunchIntent, isEnded: boolean, situation: Situation): IntentVerdict | undefined {
  const { now, clockSkewMs, rules } = situation;
  const close = (reason: IntentReason, because: string): IntentVerdict => {
    return { intent: intent.id, action: 'closeIntent', reason, because };
  };
  if (isEnded) return close('machineEnded', 'its machine is terminated');
  if (now - clockSkewMs > intent.expiresAt) return close('intentExpired', 'no machine of it could live any more');
  const silentMs = now - Math.max(intent.createdAt, ...intent.tries.map(({ at }) => at));
  // A machine that the cloud named and does not list may only be late: that it is unknown proves nothing.
  if (intent.machine !== undefined || silentMs < rules.intentGraceMs) return undefined;
  if (isJobOver(intent, situation)) return close('jobOver', 'its job is over, and it has no machine');
  if (isOverBudget(situation)) return close('overBudget', 'the budget of the day is spent, and it has no machine');
  // Whoever works on the job may be about to ask.
  const isAtWork = intent.job !== undefined && situation.live?.ids.has(intent.job) === true;
  if (intent.tries.length === 0 && isAtWork) return undefined;
  if (intent.tries.length === 0) return close('neverAsked', 'the cloud was never asked for its machine');
  const because = `the cloud was asked ${formatDuration(silentMs)} ago, and its answer is lost`;
  return { intent: intent.id, action: 'replayIntent', reason: 'answerLost', because };
}
