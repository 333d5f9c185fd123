import { isMegalithError } from '@megalith/agent';
import type { Clearance } from '../inventory/host-entry.js';
import { type PoolDesk, reportFrom } from './acquire.js';
import type { AgentAnswer, AgentReport } from './agent-report.js';
import type { CloudMachine, Market } from './cloud-machine.js';
import { formatMs } from './in-words.js';
import type { LaunchIntent } from './launch-intent.js';
import type { LifeState } from './lifecycle.js';
import type { NotedPlan } from './machine-notes.js';
import { spentUsd } from './spend.js';
import { stateOf } from './state-of.js';

/** A machine of a cloud, and why it is up. */
export interface PooledState {
  readonly id: string;
  readonly state: LifeState;
  readonly type: string;
  readonly zone: string;
  readonly market: Market;
  readonly owner: string;
  /** The highest label of data that may be, or was, on it. */
  readonly label: Clearance;
  /** The job that it was made for. */
  readonly job?: string;
  /** Why somebody keeps the dismantler away. */
  readonly keep?: string;
  /** Jobs that its agent has; undefined where it did not answer. */
  readonly jobs?: number;
  /** Why it is still up, one sentence each. */
  readonly why: readonly string[];
  /** Undefined where nobody knows the price. */
  readonly usdPerHour?: number;
  /** Since its last start, without disks; undefined for one that does not run. */
  readonly usdSoFar?: number;
  /** Epoch milliseconds, by the cloud's clock. */
  readonly launchedAt: number;
  /** Until its agent ends or stops it if nothing happens; of a stopped one, until a sweep ends it. Milliseconds. */
  readonly endsInMs?: number;
  /** Until its absolute end, milliseconds; undefined where its tag does not say. */
  readonly expiresInMs?: number;
}

export interface PoolListing {
  readonly machines: readonly PooledState[];
  /** What could not be found out, one sentence each. */
  readonly problems: readonly string[];
}

/**
 * Every machine of the cloud that is not terminated, whoever made it, the newest first. Agents are asked all at once, each for a few seconds at most.
 * @throws MegalithError NO_CREDENTIALS, CLOUD_FAILED, JOURNAL_FAILED, CANCELLED
 */
export async function pooledStates(desk: PoolDesk, signal?: AbortSignal): Promise<PoolListing> {
  const machines: CloudMachine[] = [];
  for await (const machine of desk.cloud.list(signal)) if (machine.state !== 'terminated') machines.push(machine);
  const { intents } = await desk.intents.all();
  const problems = new Set<string>();
  const states = await Promise.all(
    machines.map(async machine => {
      const intent = intents.find(({ id }) => id === machine.tags.intent);
      const [note, report, usdPerHour] = await Promise.all([
        desk.keeping?.notes.find(machine.id),
        machine.state === 'running' ? reportFrom(machine, desk, signal) : undefined,
        priceOf(machine, desk, problems),
      ]);
      return pooledState({ machine, intent, report, usdPerHour, plan: note?.plan }, desk.now());
    }),
  );
  signal?.throwIfAborted();
  return { machines: states.sort((a, b) => b.launchedAt - a.launchedAt), problems: [...problems] };
}

/** What is known of a machine. */
export interface PoolFacts {
  readonly machine: CloudMachine;
  readonly intent: LaunchIntent | undefined;
  readonly report: AgentReport | undefined;
  readonly usdPerHour: number | undefined;
  /** What becomes of it when it is without work, as this client decided. @defaultValue it did not */
  readonly plan?: NotedPlan | undefined;
}

/** How a machine stands, by these facts alone. */
export function pooledState({ machine, intent, report, usdPerHour, plan }: PoolFacts, now: number): PooledState {
  const { id, type, zone, market, launchedAt, tags } = machine;
  const life = stateOf(machine, report, intent, now);
  const isBilled = machine.state === 'pending' || machine.state === 'running' || machine.state === 'shutting-down';
  const answer = report?.state === 'answered' ? report : undefined;
  const endsInMs = answer?.endsInMs ?? (isDown(machine) ? stoppedLeftMs(plan, now) : undefined);
  return {
    id,
    state: life.state,
    type,
    zone,
    market,
    owner: tags.owner,
    label: life.held ?? tags.label,
    ...(intent?.job === undefined ? {} : { job: intent.job }),
    ...(tags.keep === undefined ? {} : { keep: tags.keep }),
    ...(answer === undefined ? {} : { jobs: answer.jobs }),
    why: reasons(machine, intent, report, plan),
    launchedAt,
    ...(usdPerHour === undefined ? {} : { usdPerHour }),
    ...(usdPerHour === undefined || !isBilled
      ? {}
      : { usdSoFar: spentUsd([{ usdPerHour, runs: [{ startedAt: launchedAt }] }], now) }),
    ...(endsInMs === undefined ? {} : { endsInMs: Math.round(endsInMs) }),
    ...(Number.isNaN(tags.expiresAt) ? {} : { expiresInMs: Math.max(0, tags.expiresAt - now) }),
  };
}

function reasons(
  machine: CloudMachine,
  intent: LaunchIntent | undefined,
  report: AgentReport | undefined,
  plan: NotedPlan | undefined,
): readonly string[] {
  const { state, tags } = machine;
  const kept = tags.keep === undefined ? [] : [`somebody keeps it: ${tags.keep}`];
  if (report?.state === 'answered') {
    const isIdle = report.endsInMs !== undefined && !report.isDraining;
    return [...report.reasons, ...(isIdle ? planned(plan, report) : []), ...kept];
  }
  const wanted =
    intent === undefined
      ? 'this client did not make it'
      : intent.closedAt !== undefined
        ? 'nobody wants it any more'
        : intent.job === undefined
          ? 'it was made to be warm'
          : `it was made for job ${intent.job}`;
  if (isDown(machine) && plan?.atEnd === 'stop') {
    return ['it is stopped for the next job', ...(plan.whyEnd === undefined ? [] : [plan.whyEnd]), ...kept];
  }
  if (state !== 'running') return [wanted, ...kept];
  return [wanted, ...(report?.problem === undefined ? [] : [report.problem]), ...kept];
}

/** Why an idle machine stays for as long as it does, and what comes then. Nothing where its agent was told otherwise by somebody else. */
function planned(plan: NotedPlan | undefined, { idleTailMs }: AgentAnswer): readonly string[] {
  if (plan === undefined || Math.abs(plan.idleTailMs - idleTailMs) > 1) return [];
  const { atEnd, stoppedForMs, whyEnd } = plan;
  const end = whyEnd === undefined ? '' : `: ${whyEnd}`;
  if (atEnd === 'stop') return [plan.why, `then it is stopped for ${formatMs(stoppedForMs ?? 0)} at most${end}`];
  return [plan.why, ...(whyEnd === undefined ? [] : [`then it is terminated${end}`])];
}

function isDown({ state }: CloudMachine): boolean {
  return state === 'stopped' || state === 'stopping';
}

function stoppedLeftMs(plan: NotedPlan | undefined, now: number): number | undefined {
  if (plan?.stoppedForMs === undefined) return undefined;
  return Math.max(0, plan.at + plan.idleTailMs + plan.stoppedForMs - now);
}

/** Undefined where nobody knows; a list of machines is worth having all the same. */
async function priceOf(machine: CloudMachine, desk: PoolDesk, problems: Set<string>): Promise<number | undefined> {
  try {
    return (await desk.shapeOf(machine))?.usdPerHour;
  } catch (error) {
    if (!isMegalithError(error) || error.code === 'CANCELLED') throw error;
    problems.add(`prices are not known: ${error.message}`);
    return undefined;
  }
}
