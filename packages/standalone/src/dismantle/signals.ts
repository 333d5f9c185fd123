import type { AgentAnswer, AgentReport } from '../pool/agent-report.js';
import type { CloudMachine } from '../pool/cloud-machine.js';
import type { LaunchIntent } from '../pool/launch-intent.js';
import { isOverBudget, type Situation } from './situation.js';

/** A sign that nobody needs a machine. No single one ends it. */
export type Signal =
  /** No open intent names it, or none whose job still lives. */
  | 'unwanted'
  /** Its own intent says so: it is closed, or has another machine. */
  | 'disowned'
  /** Whoever asked the cloud for it died before the answer: nobody has ever known that it is there. */
  | 'unheard'
  /** This client, which has its keys, gets no answer, and it is not only out of reach: see `isOutOfReach`. */
  | 'unreachable'
  /** It answers, and runs no agent. */
  | 'agentless'
  /** It is stopped or stopping: nothing runs there. */
  | 'stopped'
  /** Its agent says that it has been idle beyond its tail. */
  | 'idle'
  /** Its agent should have ended it, and did not. */
  | 'overdue'
  /** Too much was spent today, and its agent says that nobody uses it. */
  | 'overBudget'
  | 'unused';

const phrases: Readonly<Record<Signal, string>> = {
  unwanted: 'nobody here wants it',
  disowned: 'its own intent gave it up',
  unheard: 'nobody ever heard that it was made',
  unreachable: 'its agent does not answer',
  agentless: 'no agent runs on it',
  stopped: 'it is stopped',
  idle: 'its agent is idle beyond its tail',
  overdue: 'its agent did not end it',
  overBudget: 'the budget of the day is spent',
  unused: 'its agent has neither job nor lease',
};

/** Intents by id, for one judgement. */
export type IntentBook = ReadonlyMap<string, LaunchIntent>;

/** Undefined where it can't be told: never asked, asked too long ago, or at a time that is still to come. */
export function freshReport(machine: CloudMachine, situation: Situation): AgentReport | undefined {
  const report = situation.reports.get(machine.id);
  if (report === undefined || report.state === 'unknown') return undefined;
  const ageMs = situation.now - report.at;
  // A report from the future may save a machine: it is younger than anything. It may not end one.
  if (ageMs < -situation.clockSkewMs && !isBusy(report)) return undefined;
  return ageMs <= situation.rules.reportFreshMs ? report : undefined;
}

export function isBusy(report: AgentReport | undefined): boolean {
  return report?.state === 'answered' && (report.jobs > 0 || report.isLeased);
}

/** True until its agent may be expected to answer. A launch in the future means that one of two clocks is wrong: then it is young. */
export function isYoung({ launchedAt }: CloudMachine, { now, rules }: Situation): boolean {
  return now - launchedAt < rules.bootGraceMs;
}

/** Everything that speaks against a machine, in a fixed order. */
export function signalsOf(machine: CloudMachine, intents: IntentBook, situation: Situation): readonly Signal[] {
  const signals: Signal[] = [];
  const intent = intents.get(machine.tags.intent);
  const isDisowned =
    intent !== undefined &&
    (intent.closedAt !== undefined || (intent.machine !== undefined && intent.machine !== machine.id));
  const hasJob = situation.live?.machines.has(machine.id) === true;
  if (!hasJob && (intent === undefined || isDisowned || isJobOver(intent, situation))) signals.push('unwanted');
  if (isDisowned) signals.push('disowned');
  else if (intent !== undefined && isUnheard(intent, situation)) signals.push('unheard');
  // A job that has a stopped machine is about to start it.
  if (machine.state === 'stopped' || machine.state === 'stopping') return hasJob ? signals : [...signals, 'stopped'];
  const report = freshReport(machine, situation);
  if (report?.state === 'answered') return [...signals, ...idleSignals(report, situation)];
  if (isSilent(machine, situation) && !isOutOfReach(machine, intent, situation)) signals.push('unreachable');
  if (report?.state === 'absent' && !isYoung(machine, situation)) signals.push('agentless');
  return signals;
}

/** A client writes down which machine it has before it does anything with it. */
function isUnheard(intent: LaunchIntent, situation: Situation): boolean {
  return intent.machine === undefined && intent.servedAt === undefined && isJobOver(intent, situation);
}

/** No answer came, long after one could be expected. */
function isSilent(machine: CloudMachine, situation: Situation): boolean {
  return freshReport(machine, situation)?.state === 'unreachable' && !isYoung(machine, situation);
}

/**
 * It is silent, and that may be the network on this side. A machine that has served may have work of which only it can tell: its silence counts once the
 * cloud's own checks find it dead too.
 */
export function isOutOfReach(machine: CloudMachine, intent: LaunchIntent | undefined, situation: Situation): boolean {
  const hasServed = intent === undefined || intent.servedAt !== undefined;
  return isSilent(machine, situation) && hasServed && situation.impaired?.has(machine.id) !== true;
}

/** An intent without a job, as for a warm pool, is wanted until somebody closes it. */
export function isJobOver({ job, releasedAt }: LaunchIntent, { live }: Situation): boolean {
  if (releasedAt !== undefined) return true;
  return live !== undefined && job !== undefined && !live.ids.has(job);
}

function idleSignals(report: AgentAnswer, situation: Situation): readonly Signal[] {
  if (isBusy(report) || report.idleForMs === undefined) return [];
  const signals: Signal[] = isOverBudget(situation) ? ['overBudget', 'unused'] : [];
  // It should have ended its machine by now. That it only takes its time shows before the delay is over.
  if (report.idleForMs >= report.idleTailMs) signals.push('idle', 'overdue');
  return signals;
}

/** `its agent does not answer and nobody here wants it` */
export function inWords(signals: readonly Signal[]): string {
  const words = signals.map(signal => phrases[signal]);
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
