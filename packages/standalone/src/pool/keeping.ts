import { askAgent } from '../backend/agent-request.js';
import type { AgentRoute } from '../machine.js';
import type { PoolDesk } from './acquire.js';
import type { ReadyMachine } from './await-host.js';
import type { CloudMachine } from './cloud-machine.js';
import { type KeepPlan, keepPlan, type WhenIdle } from './keep-plan.js';
import type { MachineNotes, NotedPlan } from './machine-notes.js';
import { type MachineKind, type MachineUses, withJob, withLeft, withStart } from './machine-uses.js';
import type { UsesStore } from './uses-store.js';

/** What a pool needs to learn how its machines are used, and to keep each for as long as that is worth it. */
export interface Keeping {
  readonly uses: UsesStore;
  readonly notes: MachineNotes;
  readonly whenIdle: WhenIdle;
  /** How long the user wants machines to stay without work, milliseconds. @defaultValue by their economics */
  readonly pinnedMs?: number | undefined;
  /** Undefined for a type that nobody knows. */
  readonly worthOf: (machine: CloudMachine) => Promise<KeptWorth | undefined>;
}

interface KeptWorth {
  readonly usdPerHour: number;
  readonly diskUsdPerHour: number;
  readonly localDiskBytes: number;
}

type Desk = Pick<PoolDesk, 'cloud' | 'now' | 'tell' | 'keeping'>;

/** An agent answers at once where the way to it is open, milliseconds. */
const askMs = 10_000;
const cloudMs = 20_000;

/** What becomes of the machine once it is without work, as far as it can be told before its job is over: until then its shutdown is its end. */
export async function planBefore(machine: CloudMachine, keeping: Keeping, desk: Desk): Promise<KeepPlan> {
  let known: MachineUses | undefined;
  await orTold('how long such machines take to start is not known', desk, async () => {
    known = await keeping.uses.find(kindOf(machine, desk.cloud.name));
  });
  return await planOf(machine, { ...keeping, whenIdle: 'terminate' }, known, desk.now());
}

/** A machine serves: how long that took is learned, and its agent told how long to stay. What fails is told, and harms nothing else. */
export async function cameUp(
  { machine, route }: Pick<ReadyMachine, 'machine' | 'route'>,
  { how, tookMs, isPromised = false }: CameUp,
  desk: Desk,
): Promise<void> {
  const { keeping, cloud, now } = desk;
  if (keeping === undefined) return;
  await orTold(`how long ${machine.id} took to start is not kept`, desk, async () => {
    const kind = kindOf(machine, cloud.name);
    const learned =
      tookMs === undefined
        ? await keeping.uses.find(kind)
        : await keeping.uses.change(kind, uses => withStart(uses, how, tookMs));
    const plan = await planOf(machine, { ...keeping, whenIdle: 'terminate' }, learned, now());
    await note(machine, keeping, { ...plan, at: now(), ...(isPromised ? { isPromised } : {}) });
    await setTail(route, plan.idleTailMs);
  });
}

interface CameUp {
  readonly how: 'new' | 'started';
  /** Undefined where the start was not seen from its beginning, milliseconds. */
  readonly tookMs?: number | undefined;
  /** It was made to be warm: what was said then holds until it is stopped. @defaultValue false */
  readonly isPromised?: boolean;
}

/** A job has got a machine. What fails is told. */
export async function jobCame(machine: CloudMachine, isNew: boolean, desk: Desk): Promise<void> {
  const { keeping, cloud, now } = desk;
  if (keeping === undefined) return;
  const { id } = machine;
  await orTold(`that a job came to ${id} is not kept`, desk, async () => {
    await keeping.uses.change(kindOf(machine, cloud.name), uses => withJob(uses, { machine: id, isNew }, now()));
  });
}

/**
 * A job leaves a machine that nobody else can have yet: its agent is told how long to stay, and where the machine is worth stopping, its shutdown
 * becomes a stop. Until somebody starts it again, only a sweep ends it then. What fails is told; the machine ends with its shutdown as before.
 */
export async function jobLeaves(machine: CloudMachine, route: AgentRoute, busyMs: number, desk: Desk): Promise<void> {
  const { keeping, cloud, now } = desk;
  if (keeping === undefined) return;
  await orTold(`${machine.id} stays for as long as it was told before`, desk, async () => {
    const kind = kindOf(machine, cloud.name);
    const before = (await keeping.notes.find(machine.id))?.plan;
    const promised = before?.isPromised === true ? { pinnedMs: before.idleTailMs } : {};
    const whenIdle = cloud.atShutdown === undefined ? 'terminate' : keeping.whenIdle;
    const known = await keeping.uses.find(kind);
    const plan = await planOf(machine, { ...keeping, whenIdle, ...promised }, known, now());
    await setTail(route, plan.idleTailMs);
    // Before it can be true: who reads it undoes what may be so.
    await note(machine, keeping, { ...plan, at: now(), ...(before?.isPromised ? { isPromised: true } : {}) });
    if (plan.atEnd === 'stop') await cloud.atShutdown?.(machine.id, 'stop', AbortSignal.timeout(cloudMs));
    const left = { machine: machine.id, at: now(), busyMs: Math.max(0, busyMs), tailMs: plan.idleTailMs };
    await keeping.uses.change(kind, uses => withLeft(uses, left));
  });
}

/**
 * Before a job has a machine its shutdown is its end again, so that its own timer ends it for good.
 * @throws MegalithError as the cloud says
 */
export async function mustEnd({ id }: Pick<CloudMachine, 'id'>, desk: Desk, signal?: AbortSignal): Promise<void> {
  const { keeping, cloud } = desk;
  const plan = (await keeping?.notes.find(id))?.plan;
  if (plan?.atEnd !== 'stop') return;
  await cloud.atShutdown?.(id, 'terminate', signal);
  await keeping?.notes.learn(id, { plan: { ...plan, atEnd: 'terminate' } }, signal);
}

async function planOf(machine: CloudMachine, keeping: Keeping, uses: MachineUses | undefined, now: number) {
  const { usdPerHour = 0, diskUsdPerHour = 0, localDiskBytes = 0 } = (await keeping.worthOf(machine)) ?? {};
  const { market, tags } = machine;
  const { whenIdle, pinnedMs } = keeping;
  const leftMs = Number.isFinite(tags.expiresAt) ? tags.expiresAt - now : 0;
  return keepPlan({
    market,
    usdPerHour,
    diskUsdPerHour,
    hasLocalDisks: localDiskBytes > 0,
    leftMs,
    uses,
    pinnedMs,
    whenIdle,
  });
}

async function note({ id }: CloudMachine, { notes }: Keeping, plan: NotedPlan): Promise<void> {
  await notes.learn(id, { plan });
}

async function setTail(route: AgentRoute, idleTailMs: number): Promise<void> {
  await askAgent(await route.open(AbortSignal.timeout(askMs)), { type: 'settings', idleMs: Math.round(idleTailMs) });
}

function kindOf({ region, type, tags }: CloudMachine, provider: string): MachineKind {
  return { provider, region, image: tags.image, type };
}

/** Keeping is worth money, and no job its end. */
async function orTold(what: string, { tell }: Desk, deed: () => Promise<void>): Promise<void> {
  try {
    await deed();
  } catch (error) {
    tell?.(`${what}: ${(error as Error).message}`);
  }
}
