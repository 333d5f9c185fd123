import type { Label, MegalithError } from '@megalith/agent';
import { askAgent } from '../backend/agent-request.js';
import type { Machine } from '../machine.js';
import { withAgent } from '../machines/with-agent.js';
import { type AgentReport, reportOf } from './agent-report.js';
import type { ReadyMachine } from './await-host.js';
import type { Cloud } from './cloud.js';
import type { CloudMachine } from './cloud-machine.js';
import { withFewerTasks } from './fewer-tasks.js';
import { inFlight } from './in-flight.js';
import { thisIntentClient } from './intent-client.js';
import type { IntentStore } from './intent-store.js';
import { jobCame, type Keeping } from './keeping.js';
import type { LaunchIntent } from './launch-intent.js';
import { leaseMachine } from './lease-machine.js';
import { makeForJob } from './make-for-job.js';
import type { MachineRequirements, Offer } from './offer.js';
import { chooseMachine, type PooledMachine } from './reuse.js';
import { startAgain } from './start-again.js';
import { stateOf } from './state-of.js';

/** What a job wants of a pool. */
export interface Wanted {
  readonly job: string;
  readonly requirements: MachineRequirements;
  readonly label: Label;
  /** As of `WantedMachine`. */
  readonly planned?: string;
}

/** What a job wants where it can be had. */
export interface WantedRoom {
  /** So many of its tasks are to run there at once. */
  readonly tasks: number;
  readonly of: (tasks: number) => Wanted;
}

/** Where machines come from, and what is known of them here. */
export interface PoolDesk {
  readonly cloud: Cloud;
  readonly intents: IntentStore;
  readonly owner: string;
  /** As machines' tags name it. */
  readonly image: string;
  readonly maxLifetimeMs: number;
  /** How to reach a machine; undefined where this client can't, or not yet. */
  readonly hostOf: (machine: CloudMachine) => Promise<Machine | undefined>;
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
  /** How long machines are kept without work. @defaultValue as their agents were told at first, and nothing is learned */
  readonly keeping?: Keeping;
  /** What all machines of the owner may cost in a day before no more are made. @defaultValue none */
  readonly maxUsdPerDay?: number;
  /** Told what is going on, in a few words for people. */
  readonly tell?: (words: string) => void;
}

/** A machine that a job has alone. */
export interface Acquired extends ReadyMachine {
  readonly how: 'warm' | 'started' | 'new';
  /** The intent that it was made for, though perhaps for another job. */
  readonly intent?: string;
}

/**
 * Gets a machine for a job: one that is warm, else one that is stopped, else a new one; where there is none with room for so many tasks, one for fewer. The
 * machine's own agent grants the lease, so that of two clients only one has it. Where this fails after a machine was made or started, the machine is ended.
 * @throws MegalithError what the cloud and the way to the machine say; CANCELLED
 */
export async function acquire({ tasks, of }: WantedRoom, desk: PoolDesk, signal?: AbortSignal): Promise<Acquired> {
  const survey = await surveyOf(desk)('', signal);
  return await withFewerTasks(tasks, some => acquireFrom(survey, of(some), desk, signal), desk.tell);
}

async function acquireFrom(
  survey: Survey,
  wanted: Wanted,
  desk: PoolDesk,
  signal: AbortSignal | undefined,
): Promise<Acquired> {
  const own = unfinished(wanted, survey, desk);
  if (own === undefined) {
    const found = await reuse(wanted, await survey.pooled(), survey.taken, desk, signal);
    if (found !== undefined) return found;
  }
  return await makeForJob(wanted, own, desk, hadOf(desk), signal);
}

/** The pool at one moment, looked at once for all who want a machine just then. */
interface Survey {
  readonly machines: readonly CloudMachine[];
  readonly intents: readonly LaunchIntent[];
  /** Asks the agents; the first call counts. */
  readonly pooled: () => Promise<readonly Pooled[]>;
  /** Machines that one of those has chosen. */
  readonly taken: Set<string>;
}

interface Pooled {
  readonly machine: CloudMachine;
  readonly pool: PooledMachine | undefined;
}

/** By the place of the intents: each job may have a desk of its own at it. */
const surveys = new WeakMap<IntentStore, ReturnType<typeof inFlight<Survey>>>();
/** What jobs of this process have had, or are getting, by the place of the intents: the job's id with that of a machine, and intents. */
const hadBy = new WeakMap<IntentStore, Set<string>>();

function surveyOf(desk: PoolDesk): ReturnType<typeof inFlight<Survey>> {
  let survey = surveys.get(desk.intents);
  if (survey === undefined) {
    survey = inFlight(() => look(desk));
    surveys.set(desk.intents, survey);
  }
  return survey;
}

async function look(desk: PoolDesk): Promise<Survey> {
  const machines: CloudMachine[] = [];
  for await (const machine of desk.cloud.list()) machines.push(machine);
  const { intents } = await desk.intents.all();
  let pooled: Promise<readonly Pooled[]> | undefined;
  return {
    machines,
    intents,
    pooled: () => {
      pooled ??= pooledOf(machines, intents, desk);
      return pooled;
    },
    taken: new Set(),
  };
}

function pooledOf(
  machines: readonly CloudMachine[],
  intents: readonly LaunchIntent[],
  desk: PoolDesk,
): Promise<readonly Pooled[]> {
  const byId = new Map(intents.map(intent => [intent.id, intent]));
  const ours = machines.filter(({ tags, state }) => {
    return tags.owner === desk.owner && (state === 'running' || state === 'stopped');
  });
  return Promise.all(
    ours.map(async machine => ({ machine, pool: await asPooled(machine, byId.get(machine.tags.intent), desk) })),
  );
}

function hadOf({ intents }: PoolDesk): Set<string> {
  let had = hadBy.get(intents);
  if (had === undefined) {
    had = new Set();
    hadBy.set(intents, had);
  }
  return had;
}

/** An intent for this very job whose client died: its machine is made or found again, and no second one. */
function unfinished({ job, label }: Wanted, survey: Survey, desk: PoolDesk): LaunchIntent | undefined {
  const { cloud, now } = desk;
  const had = hadOf(desk);
  const found = survey.intents.find(intent => {
    const isOpen = intent.closedAt === undefined && intent.releasedAt === undefined && intent.expiresAt > now();
    const isHere = intent.provider === cloud.name && intent.region === cloud.region;
    if (intent.job !== job || intent.label !== label || !isOpen || !isHere || had.has(intent.id)) return false;
    const machine = survey.machines.find(({ id }) => id === intent.machine);
    return machine === undefined || machine.state === 'pending' || machine.state === 'running';
  });
  if (found !== undefined) had.add(found.id);
  return found;
}

async function reuse(
  wanted: Wanted,
  pooled: readonly Pooled[],
  taken: Set<string>,
  desk: PoolDesk,
  signal: AbortSignal | undefined,
): Promise<Acquired | undefined> {
  const had = hadOf(desk);
  for (;;) {
    const candidates = pooled.flatMap(({ pool }) => pool ?? []);
    const { use, machine: chosen } = chooseMachine(
      { ...wanted, owner: desk.owner, image: desk.image },
      // Its agent would lease a machine to the same job once more.
      candidates.filter(({ id }) => !taken.has(id) && !had.has(`${wanted.job} ${id}`)),
      desk.now(),
    );
    if (use === 'none' || chosen === undefined) return undefined;
    taken.add(chosen.id);
    const { machine } = pooled.find(({ machine: { id } }) => id === chosen.id)!;
    // A part of the same job must not take it for one that was left unfinished.
    if (use === 'stopped') had.add(machine.tags.intent);
    const ready =
      use === 'warm' ? await reached(machine, desk, signal) : await startAgain(machine, wanted.job, desk, signal);
    if (ready === undefined) continue;
    const refusal = await refusalOf(wanted, ready, desk, signal);
    if (refusal === undefined) {
      had.add(`${wanted.job} ${chosen.id}`);
      const { intent } = machine.tags;
      await desk.intents.take(intent, wanted.job, thisIntentClient(), signal);
      had.add(intent);
      await jobCame(machine, false, desk);
      desk.tell?.(
        `${machine.type} in ${machine.zone} (${machine.id}) ${use === 'warm' ? 'was warm' : 'has started again'}`,
      );
      return { ...ready, how: use === 'warm' ? 'warm' : 'started', intent };
    }
    desk.tell?.(`${machine.id} is not to be had: ${refusal}`);
    ready.route.close();
    if (use === 'stopped') await desk.intents.release(machine.tags.intent, wanted.job, desk.now());
  }
}

/** Why a machine is not to be had; undefined where it is. One that ends just then is like one that refuses: there are others. */
async function refusalOf(
  wanted: Wanted,
  ready: ReadyMachine,
  desk: PoolDesk,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    return (await leaseMachine(wanted, ready, desk, signal))?.message;
  } catch (error) {
    signal?.throwIfAborted();
    return (error as Error).message;
  }
}

async function asPooled(
  machine: CloudMachine,
  intent: LaunchIntent | undefined,
  desk: PoolDesk,
): Promise<PooledMachine | undefined> {
  const shape = await desk.shapeOf(machine);
  if (shape === undefined) return undefined;
  const report = machine.state === 'running' ? await reportFrom(machine, desk) : undefined;
  const { id, tags } = machine;
  // Once its job has come, the agent's lease says more.
  const isAwaited = intent?.closedAt === undefined && intent?.releasedAt === undefined;
  const isReserved = intent?.job !== undefined && isAwaited && !hadOf(desk).has(`${intent.job} ${id}`);
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
