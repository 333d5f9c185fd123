import { isMegalithError, MegalithError } from '@megalith/agent';
import { askAgent } from '../backend/agent-request.js';
import { withAgent } from '../machines/with-agent.js';
import { type PoolDesk, reportFrom } from '../pool/acquire.js';
import { spendOf } from '../pool/budget.js';
import type { CloudMachine } from '../pool/cloud-machine.js';
import { hasClient } from '../pool/intent-client.js';
import type { IntentStore } from '../pool/intent-store.js';
import type { LaunchIntent } from '../pool/launch-intent.js';
import type { MachineNotes } from '../pool/machine-notes.js';
import { type DismantleRules, defaultRules } from './rules.js';
import type { LiveJobs } from './situation.js';
import { sweep } from './sweep.js';
import type { SweepLimits } from './sweep-options.js';
import type { SweepReport } from './sweep-report.js';

/** A pool, as far as a sweep needs it. */
export interface SweptPool {
  readonly desk: PoolDesk;
  readonly intents: IntentStore;
  readonly notes: MachineNotes;
  readonly home: string;
  readonly maxUsdPerDay?: number | undefined;
}

export interface PoolSweepOptions {
  readonly rules?: Partial<DismantleRules>;
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
  readonly limits?: Partial<SweepLimits>;
}

/** An agent may have to be brought there first, milliseconds. */
const retireMs = 30_000;
/** Closed intents and what is known of machines that are gone are kept for so long: a late listing may still have them. */
const keptMs = 24 * 3600 * 1000;

/**
 * Looks at all machines of a pool once and ends those that nobody needs.
 * @throws as `sweep`
 */
export async function sweepPool(pool: SweptPool, options: PoolSweepOptions = {}): Promise<SweepReport> {
  const { desk, intents, home, maxUsdPerDay } = pool;
  const { cloud, owner, maxLifetimeMs } = desk;
  const seen: CloudMachine[] = [];
  const report = await sweep({
    home,
    owner,
    cloud: { ...cloud, list: signal => noted(cloud.list(signal), seen) },
    rules: {
      ...defaultRules,
      maxLifetimeMs,
      ...(maxUsdPerDay === undefined ? {} : { maxUsdPerDay }),
      ...options.rules,
    },
    intents: {
      read: () => allIntents(intents),
      close: async id => void (await intents.close(id, desk.now())),
      replay: (intent, signal) => replay(intent, pool, signal),
    },
    live: async () => liveJobs(await allIntents(intents)),
    askAgent: (machine, signal) => reportFrom(machine, desk, signal),
    retire: (machine, signal) => retire(machine, desk, signal),
    spend: machines => spendOf(machines, desk),
    stopUntil: () => stopUntil(pool),
    ...(options.dryRun === undefined ? {} : { dryRun: options.dryRun }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  if (options.dryRun !== true && report.isComplete) await forgetGone(pool, seen);
  return report;
}

async function* noted(machines: AsyncIterable<CloudMachine>, seen: CloudMachine[]): AsyncGenerator<CloudMachine> {
  for await (const machine of machines) {
    seen.push(machine);
    yield machine;
  }
}

/** @throws MegalithError JOURNAL_FAILED where one can't be read: its machine would look unwanted */
async function allIntents(store: IntentStore): Promise<readonly LaunchIntent[]> {
  const { intents, damaged } = await store.all();
  const [first] = damaged;
  if (first === undefined) return intents;
  throw new MegalithError('JOURNAL_FAILED', `remove "${first.path}" once its machine is gone: ${first.problem}`, {
    hint: 'until then machines only end when their time is over',
    details: { path: first.path },
  });
}

/** A job whose client lives waits for its machine; one without a client has its machine's agent to speak for it. */
function liveJobs(intents: readonly LaunchIntent[]): LiveJobs {
  const live = intents.filter(
    intent => intent.closedAt === undefined && intent.releasedAt === undefined && hasClient(intent),
  );
  return {
    ids: new Set(live.flatMap(({ job }) => job ?? [])),
    machines: new Set(live.flatMap(({ machine }) => machine ?? [])),
  };
}

/** As it was decided when each was let go. */
async function stopUntil({ notes }: SweptPool): Promise<ReadonlyMap<string, number>> {
  const all = (await notes.all()).notes;
  return new Map(
    all.flatMap(({ id, plan }) => {
      if (plan?.stoppedForMs === undefined || plan.atEnd !== 'stop') return [];
      return [[id, plan.at + plan.idleTailMs + plan.stoppedForMs] as const];
    }),
  );
}

async function replay(intent: LaunchIntent, { desk, intents }: SweptPool, signal: AbortSignal): Promise<void> {
  const keep = async (changed: LaunchIntent): Promise<void> => void (await intents.put(changed, signal));
  const machine = await desk.cloud.launch(intent, [], keep, signal);
  await intents.put({ ...((await intents.find(intent.id)) ?? intent), machine: machine.id });
}

/** An agent that is gone is not started for nothing: what it was at goes on. Where none can be started, nobody could give the machine to a job. */
async function retire(machine: CloudMachine, { hostOf }: PoolDesk, signal: AbortSignal): Promise<'free' | 'busy'> {
  const host = await hostOf(machine);
  if (host === undefined) return 'free';
  try {
    return await withAgent(
      host,
      async (route, ending) => {
        // An agent without work is gone a moment later: only this answer says how it stood.
        const drained = await askAgent(await route.open(ending), { type: 'drain' });
        const status = drained.status ?? (await askAgent(await route.open(ending), { type: 'status' })).status;
        return status.jobs.length > 0 || status.lease !== undefined ? 'busy' : 'free';
      },
      { signal, start: true, timeoutMs: retireMs },
    );
  } catch (error) {
    if (isMegalithError(error) && error.code === 'BOOTSTRAP_FAILED') return 'free';
    throw error;
  }
}

/** Notes of machines that were seen terminated, or are listed no more, and intents that are long closed. */
async function forgetGone({ desk, intents, notes }: SweptPool, seen: readonly CloudMachine[]): Promise<void> {
  const now = desk.now();
  const byId = new Map(seen.map(machine => [machine.id, machine]));
  const { intents: all } = await intents.all();
  const isOver = ({ machine, closedAt }: LaunchIntent): boolean => {
    if (closedAt === undefined || now - closedAt < keptMs) return false;
    const state = machine === undefined ? undefined : byId.get(machine)?.state;
    return state === undefined || state === 'terminated';
  };
  for (const { id } of all.filter(isOver)) await intents.forget(id);
  const known = new Set(all.filter(intent => !isOver(intent)).map(({ id }) => id));
  for (const note of (await notes.all()).notes) {
    if (note.provider !== desk.cloud.name || note.region !== desk.cloud.region) continue;
    const state = byId.get(note.id)?.state;
    // An end that was seen is final; a machine that is not listed may only be late.
    if (state === 'terminated' || (state === undefined && !known.has(note.intent))) await notes.forget(note.id);
  }
}
