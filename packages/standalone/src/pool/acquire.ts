import { randomBytes } from 'node:crypto';
import { type Label, MegalithError } from '@megalith/agent';
import { askAgent } from '../backend/agent-request.js';
import type { Machine } from '../machine.js';
import { withAgent } from '../machines/with-agent.js';
import { type AgentReport, reportOf } from './agent-report.js';
import { awaitHost, type ReadyMachine } from './await-host.js';
import type { Cloud } from './cloud.js';
import type { CloudMachine } from './cloud-machine.js';
import { thisIntentClient } from './intent-client.js';
import type { IntentStore } from './intent-store.js';
import type { LaunchIntent } from './launch-intent.js';
import type { MachineRequirements, Offer } from './offer.js';
import { chooseMachine, type PooledMachine } from './reuse.js';
import { stateOf } from './state-of.js';

/** What a job wants of a pool. */
export interface Wanted {
  readonly job: string;
  readonly requirements: MachineRequirements;
  readonly label: Label;
}

/** Where machines come from, and what is known of them here. */
export interface PoolDesk {
  readonly cloud: Cloud;
  readonly intents: IntentStore;
  readonly owner: string;
  /** As machines' tags name it. */
  readonly image: string;
  readonly maxLifetimeMs: number;
  /** How to reach a machine; undefined where this client can't, or not yet. @param startMs how long it took to start so far */
  readonly hostOf: (machine: CloudMachine, startMs?: number) => Promise<Machine | undefined>;
  /** What a type has to give; undefined where nobody knows. */
  readonly shapeOf: (
    machine: CloudMachine,
  ) => Promise<(Pick<Offer, 'usableMemoryBytes' | 'usdPerHour'> & { readonly cpus: number }) | undefined>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** For each of several machines that are asked at once, milliseconds. @defaultValue 5,000 */
  readonly askMs?: number;
  /** As of `awaitHost`. */
  readonly bootMs?: number;
  /** Told what is going on, in a few words for people. */
  readonly tell?: (words: string) => void;
}

/** A machine that a job has alone. */
export interface Acquired extends ReadyMachine {
  readonly how: 'warm' | 'started' | 'new';
  /** The intent that it was made for, where that was for this job. */
  readonly intent?: string;
}

/** A job's first sign of life comes right after its lease. */
const leaseTtlMs = 5 * 60_000;
/** For the ending of a machine that nobody wants any more. */
const giveBackMs = 60_000;

/**
 * Gets a machine for a job: one that is warm, else one that is stopped, else a new one. The machine's own agent grants the lease, so that of two clients
 * only one has it. Where this fails after a machine was made or started, the machine is ended.
 * @throws MegalithError what the cloud and the way to the machine say; CANCELLED
 */
export async function acquire(wanted: Wanted, desk: PoolDesk, signal?: AbortSignal): Promise<Acquired> {
  const machines: CloudMachine[] = [];
  for await (const machine of desk.cloud.list(signal)) machines.push(machine);
  const own = await unfinished(wanted, machines, desk);
  if (own === undefined) {
    const found = await reuse(wanted, machines, desk, signal);
    if (found !== undefined) return found;
  }
  return await make(wanted, own, desk, signal);
}

/** An intent for this very job whose client died: its machine is made or found again, and no second one. */
async function unfinished(
  { job, label }: Wanted,
  machines: readonly CloudMachine[],
  { intents, cloud, now }: PoolDesk,
): Promise<LaunchIntent | undefined> {
  const { intents: all } = await intents.all();
  return all.find(intent => {
    const isOpen = intent.closedAt === undefined && intent.expiresAt > now();
    const isHere = intent.provider === cloud.name && intent.region === cloud.region;
    if (intent.job !== job || intent.label !== label || !isOpen || !isHere) return false;
    const machine = machines.find(({ id }) => id === intent.machine);
    return machine === undefined || machine.state === 'pending' || machine.state === 'running';
  });
}

async function reuse(
  wanted: Wanted,
  machines: readonly CloudMachine[],
  desk: PoolDesk,
  signal: AbortSignal | undefined,
): Promise<Acquired | undefined> {
  const { intents } = await desk.intents.all();
  const ours = machines.filter(({ tags, state }) => {
    return tags.owner === desk.owner && (state === 'running' || state === 'stopped');
  });
  const pooled = await Promise.all(
    ours.map(async machine => {
      const intent = intents.find(({ id }) => id === machine.tags.intent);
      return { machine, pool: await asPooled(machine, intent, desk, signal) };
    }),
  );
  let candidates = pooled.flatMap(({ pool }) => pool ?? []);
  for (;;) {
    const { use, machine: chosen } = chooseMachine(
      { ...wanted, owner: desk.owner, image: desk.image },
      candidates,
      desk.now(),
    );
    if (use === 'none' || chosen === undefined) return undefined;
    const { machine } = pooled.find(({ machine: { id } }) => id === chosen.id)!;
    const ready = use === 'warm' ? await reached(machine, desk, signal) : await started(machine, desk, signal);
    if (ready !== undefined) {
      if (await leased(wanted, ready, desk)) return { ...ready, how: use === 'warm' ? 'warm' : 'started' };
      ready.route.close();
    }
    candidates = candidates.filter(({ id }) => id !== chosen.id);
  }
}

async function asPooled(
  machine: CloudMachine,
  intent: LaunchIntent | undefined,
  desk: PoolDesk,
  signal: AbortSignal | undefined,
): Promise<PooledMachine | undefined> {
  const shape = await desk.shapeOf(machine);
  if (shape === undefined) return undefined;
  const report = machine.state === 'running' ? await reportFrom(machine, desk, signal) : undefined;
  const { id, tags } = machine;
  const isReserved = intent?.job !== undefined && intent.closedAt === undefined;
  return {
    id,
    life: stateOf(machine, report, intent, desk.now()),
    owner: tags.owner,
    image: tags.image,
    expiresAt: tags.expiresAt,
    ...shape,
    ...(isReserved ? { reservedFor: intent.job } : {}),
  };
}

/** What a machine's agent says of itself; starts none. */
export async function reportFrom(
  machine: CloudMachine,
  { hostOf, now, askMs = 5000 }: Pick<PoolDesk, 'hostOf' | 'now' | 'askMs'>,
  signal?: AbortSignal,
): Promise<AgentReport> {
  const host = await hostOf(machine);
  if (host === undefined) return { state: 'unknown', at: now(), problem: 'this client has no key to it' };
  try {
    const { status } = await withAgent(
      host,
      async (route, ending) => askAgent(await route.open(ending), { type: 'status' }),
      { timeoutMs: askMs, ...(signal === undefined ? {} : { signal }) },
    );
    return reportOf(status, now());
  } catch (error) {
    signal?.throwIfAborted();
    const { code, message } = error as MegalithError;
    return { state: code === 'NOT_FOUND' ? 'absent' : 'unreachable', at: now(), problem: message };
  }
}

async function reached(
  machine: CloudMachine,
  desk: PoolDesk,
  signal: AbortSignal | undefined,
): Promise<ReadyMachine | undefined> {
  const host = await desk.hostOf(machine);
  if (host === undefined) return undefined;
  try {
    return { machine, host, route: await host.reach({ start: false, ...(signal === undefined ? {} : { signal }) }) };
  } catch (error) {
    signal?.throwIfAborted();
    // There are others.
    desk.tell?.(`${machine.id} has gone: ${(error as Error).message}`);
    return undefined;
  }
}

async function started(machine: CloudMachine, desk: PoolDesk, signal: AbortSignal | undefined): Promise<ReadyMachine> {
  desk.tell?.(`starting ${machine.id}`);
  const { cloud, hostOf, bootMs, now } = desk;
  const since = now();
  try {
    await cloud.start(machine.id, signal);
    return await awaitHost(machine, {
      cloud,
      hostOf: found => hostOf(found, now() - since),
      ...(bootMs === undefined ? {} : { withinMs: bootMs }),
      signal,
    });
  } catch (error) {
    await giveBack(machine.id, undefined, desk, error);
    throw error;
  }
}

async function make(
  wanted: Wanted,
  unfinishedIntent: LaunchIntent | undefined,
  desk: PoolDesk,
  signal: AbortSignal | undefined,
): Promise<Acquired> {
  const { cloud, intents, now, hostOf, bootMs } = desk;
  const offers = await cloud.offers(wanted.requirements, signal);
  const since = now();
  const intent = await intents.put(
    { ...(unfinishedIntent ?? newIntent(wanted, desk)), client: thisIntentClient() },
    signal,
  );
  let machine: CloudMachine | undefined;
  try {
    desk.tell?.(`asking ${cloud.name} for ${offers[0]?.shape.type ?? 'a machine'}`);
    const keep = async (changed: LaunchIntent): Promise<void> => {
      await intents.put(changed, signal);
    };
    machine = await cloud.launch(intent, offers, keep, signal);
    const made = machine;
    await intents.put({ ...((await intents.find(intent.id)) ?? intent), machine: made.id });
    desk.tell?.(`${made.type} in ${made.zone} (${made.id}) boots`);
    const ready = await awaitHost(made, {
      cloud,
      hostOf: found => hostOf(found, now() - since),
      ...(bootMs === undefined ? {} : { withinMs: bootMs }),
      signal,
    });
    if (!(await leased(wanted, ready, desk))) {
      ready.route.close();
      throw new MegalithError(
        'NO_CAPACITY',
        `"${made.id}" was made for job "${wanted.job}", and somebody else has it`,
        {
          hint: 'two clients of one owner run the same job: give each its own id',
          details: { id: made.id },
        },
      );
    }
    return { ...ready, how: 'new', intent: intent.id };
  } catch (error) {
    await giveBack(machine?.id, intent, desk, error);
    throw error;
  }
}

function newIntent({ job, label, requirements }: Wanted, { cloud, owner, maxLifetimeMs, now }: PoolDesk): LaunchIntent {
  const createdAt = now();
  return {
    formatVersion: 1,
    id: randomBytes(8).toString('hex'),
    provider: cloud.name,
    region: cloud.region,
    owner,
    label,
    requirements,
    job,
    createdAt,
    expiresAt: createdAt + maxLifetimeMs,
    tries: [],
  };
}

async function leased(wanted: Wanted, { route, machine }: ReadyMachine, desk: PoolDesk): Promise<boolean> {
  const { cpus, memoryBytes } = wanted.requirements;
  const answer = await askAgent(await route.open(), {
    type: 'lease',
    holder: { owner: desk.owner, job: wanted.job },
    label: wanted.label,
    requirements: { cpus, memoryBytes },
    ttlMs: leaseTtlMs,
  });
  if (!answer.granted) desk.tell?.(`${machine.id} is not to be had: ${answer.message}`);
  return answer.granted;
}

/** Ends what was made for nothing. @throws MegalithError CLOUD_FAILED where it can't be: the dismantler will have to */
async function giveBack(
  machine: string | undefined,
  intent: LaunchIntent | undefined,
  { cloud, intents, now }: PoolDesk,
  reason: unknown,
): Promise<void> {
  try {
    // First of all nobody is to want it any more: should this process die here, the dismantler knows.
    if (intent !== undefined) await intents.close(intent.id, now());
    if (machine !== undefined) await cloud.terminate(machine, AbortSignal.timeout(giveBackMs));
  } catch (error) {
    const what = machine === undefined ? 'its intent could not be closed' : `"${machine}" could not be ended`;
    throw new MegalithError('CLOUD_FAILED', `${(reason as Error).message}; and ${what}: ${(error as Error).message}`, {
      hint: 'run `megalith dismantle --once`: it ends what nobody uses',
      details: { ...(machine === undefined ? {} : { id: machine }) },
      cause: reason,
    });
  }
}
