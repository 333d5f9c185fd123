import type { Clearance } from '../inventory/host-entry.js';
import type { AgentAnswer } from './agent-report.js';
import type { CloudMachine, CloudState } from './cloud-machine.js';
import { keepPlan } from './keep-plan.js';
import { type Life, type LifeEvent, newLife, next } from './lifecycle.js';
import { noUses } from './machine-uses.js';
import { noPastUse, type PastUse, withUse } from './past-use.js';
import { chooseMachine, type PooledMachine } from './reuse.js';
import { type BilledMachine, spentUsd } from './spend.js';
import { stateOf } from './state-of.js';
import { Timeline } from './timeline.fixture.js';

export interface SimShape {
  readonly type: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly usdPerHour: number;
  readonly startMs: number;
  readonly restartMs: number;
}

export interface SimJob {
  readonly shape: SimShape;
  readonly label: Clearance;
  readonly at: number;
  readonly lastsMs: number;
}

/** How often things go wrong, as shares of launches and of jobs. */
export interface Faults {
  readonly clientDies: number;
  readonly agentDies: number;
}

export interface SimMachine {
  readonly id: string;
  readonly shape: SimShape;
  readonly label: Clearance;
  readonly expiresAt: number;
  readonly runs: { readonly startedAt: number; endedAt?: number }[];
  life: Life;
  cloud: CloudState;
  reservedFor?: string;
  freeAt?: number;
  hasJob: boolean;
  agentServes: boolean;
  idle?: { readonly since: number; readonly tailMs: number };
  stoppedMs: number;
  stoppedAt?: number;
  readonly busy: { readonly from: number; readonly to: number }[];
  /** Counts what happened to it: a timer that was set before does nothing. */
  turn: number;
  ended?: 'tail' | 'stopped for long' | 'expiry';
}

/** 64 GiB at 8 cents a month. */
export const diskUsdPerHour = (64 * 0.08) / 730;
export const lifetimeMs = 12 * 3_600_000;
const longestJobMs = 3 * 3_600_000;
const cloudLagMs = 40_000;

/** A week of a pool with the real decisions, and a cloud, agents and clients that are numbers. */
export class PoolSimulation {
  readonly machines: SimMachine[] = [];
  readonly wrongs: string[] = [];
  done = 0;
  starts = { warm: 0, stopped: 0, none: 0 };
  readonly #time = new Timeline();
  readonly #live = new Map<SimShape, Set<SimMachine>>();
  readonly #pasts = new Map<string, PastUse>();
  /** Machines that ended idle, and whose gap no job has ended yet, by kind. */
  readonly #gone = new Map<string, SimMachine[]>();
  readonly #random: () => number;
  readonly #faults: Faults;
  #jobs = 0;

  constructor(random: () => number, faults: Faults) {
    this.#random = random;
    this.#faults = faults;
  }

  run(jobs: readonly SimJob[]): void {
    for (const job of jobs) this.#time.at(job.at, () => this.#arrive(job));
    this.#time.run();
  }

  spentUsd(machines: readonly SimMachine[]): number {
    const billed = machines.map(({ shape, runs }): BilledMachine => ({ usdPerHour: shape.usdPerHour, runs }));
    const stoppedMs = machines.reduce((sum, one) => sum + one.stoppedMs, 0);
    return spentUsd(billed, this.#time.now) + (stoppedMs / 3_600_000) * diskUsdPerHour;
  }

  #arrive(job: SimJob): void {
    const { now } = this.#time;
    const { shape, label } = job;
    const id = `job-${this.#jobs++}`;
    const live = [...(this.#live.get(shape) ?? [])];
    const wanted = {
      requirements: { cpus: shape.cpus, memoryBytes: shape.memoryBytes },
      label,
      owner: 'ann',
      image: 'ami-1',
      job: id,
      lastsMs: longestJobMs,
    };
    const choice = chooseMachine(wanted, live.map(pooled), now);
    this.starts[choice.use] += 1;
    const chosen = live.find(one => one.id === choice.machine?.id);
    if (chosen === undefined) this.#launch(job, id);
    else {
      this.#gapEnds(chosen);
      if (choice.use === 'warm') this.#lease(chosen, job);
      else this.#start(chosen, job, id);
    }
  }

  #start(machine: SimMachine, job: SimJob, id: string): void {
    machine.reservedFor = id;
    this.#step(machine, { type: 'startAsked' });
    machine.stoppedMs += this.#time.now - machine.stoppedAt!;
    this.#boot(machine, job, machine.shape.restartMs);
  }

  #launch(job: SimJob, id: string): void {
    const { now } = this.#time;
    const { shape, label } = job;
    const machine: SimMachine = {
      id: `i-${String(this.machines.length).padStart(6, '0')}`,
      shape,
      label,
      expiresAt: now + lifetimeMs,
      runs: [],
      life: newLife(label),
      cloud: 'pending',
      reservedFor: id,
      hasJob: false,
      agentServes: false,
      stoppedMs: 0,
      busy: [],
      turn: 0,
    };
    this.machines.push(machine);
    const live = this.#live.get(shape) ?? new Set();
    this.#live.set(shape, live.add(machine));
    const before = this.#gone.get(kindOf(machine))?.pop();
    if (before !== undefined) this.#gapEnds(before);
    this.#time.at(machine.expiresAt, () => this.#end(machine, 'expiry'));
    this.#boot(machine, job, shape.startMs);
  }

  /** Until the agent serves; a client that dies meanwhile leaves a machine without an agent, or one without a job. */
  #boot(machine: SimMachine, job: SimJob, ms: number): void {
    const { now } = this.#time;
    const turn = ++machine.turn;
    machine.runs.push({ startedAt: now });
    const fate = this.#random();
    const dies = fate < this.#faults.clientDies;
    if (dies) this.#time.at(now + 60_000, () => this.#arrive({ ...job, at: now }));
    this.#time.at(now + ms / 2, () => {
      if (machine.turn !== turn) return;
      machine.cloud = 'running';
      this.#step(machine, { type: 'cloudSays', state: 'running' });
    });
    if (dies && fate < this.#faults.clientDies / 2) return;
    this.#time.at(now + ms, () => {
      if (machine.turn !== turn) return;
      this.#step(machine, { type: 'reached' });
      machine.agentServes = true;
      this.#step(machine, { type: 'agentServes', isLeased: false, isDraining: false });
      if (dies) this.#idle(machine, 0);
      else this.#lease(machine, job);
    });
  }

  #lease(machine: SimMachine, job: SimJob): void {
    const { now } = this.#time;
    const turn = ++machine.turn;
    const derived = stateOf(listed(machine), answered(machine, now), undefined, now).state;
    if (derived !== 'warm') this.wrongs.push(`${machine.id} is leased, and the facts say that it is ${derived}`);
    this.#step(machine, { type: 'leaseGranted', label: job.label });
    delete machine.reservedFor;
    delete machine.idle;
    machine.hasJob = true;
    machine.freeAt = now + job.lastsMs;
    const from = now;
    if (this.#random() < this.#faults.agentDies) {
      this.#time.at(now + job.lastsMs * this.#random(), () => {
        machine.turn += 1;
        machine.agentServes = false;
        machine.hasJob = false;
        this.#step(machine, { type: 'unreachable' });
        this.#time.at(this.#time.now + 60_000, () => this.#arrive({ ...job, at: this.#time.now }));
      });
      return;
    }
    this.#time.at(machine.freeAt, () => {
      if (machine.turn !== turn) return;
      this.done += 1;
      machine.hasJob = false;
      machine.busy.push({ from, to: this.#time.now });
      this.#step(machine, { type: 'leaseEnded' });
      this.#idle(machine, job.lastsMs);
    });
  }

  #idle(machine: SimMachine, busyMs: number): void {
    const { now } = this.#time;
    const turn = ++machine.turn;
    const { usdPerHour, startMs, restartMs } = machine.shape;
    const kind = kindOf(machine);
    const past = this.#pasts.get(kind) ?? noPastUse;
    const known = noUses(kind, { provider: 'sim', region: 'r', image: 'ami-1', type: machine.shape.type });
    const plan = keepPlan({
      market: 'on-demand',
      usdPerHour,
      diskUsdPerHour,
      hasLocalDisks: false,
      leftMs: machine.expiresAt - now,
      uses: { ...known, startsMs: [startMs], restartsMs: [restartMs], past },
      whenIdle: 'auto',
    });
    this.#pasts.set(kind, { ...past, spareMs: past.spareMs + busyMs });
    machine.idle = { since: now, tailMs: plan.idleTailMs };
    this.#time.at(now + plan.idleTailMs, () => {
      if (machine.turn !== turn) return;
      if (plan.stoppedForMs === undefined) this.#end(machine, 'tail');
      else this.#stop(machine, plan.stoppedForMs);
    });
  }

  #stop(machine: SimMachine, forMs: number): void {
    const { now } = this.#time;
    const turn = ++machine.turn;
    this.#step(machine, { type: 'stopAsked' });
    machine.agentServes = false;
    machine.cloud = 'stopping';
    machine.runs.at(-1)!.endedAt = now;
    machine.stoppedAt = now;
    this.#time.at(now + cloudLagMs, () => {
      if (machine.turn !== turn) return;
      machine.cloud = 'stopped';
      this.#step(machine, { type: 'cloudSays', state: 'stopped' });
    });
    this.#time.at(now + forMs, () => {
      if (machine.turn === turn) this.#end(machine, 'stopped for long');
    });
  }

  #end(machine: SimMachine, why: NonNullable<SimMachine['ended']>): void {
    if (machine.ended !== undefined) return;
    const { now } = this.#time;
    if (machine.hasJob) this.wrongs.push(`${machine.id} is ended under its job: ${why}`);
    machine.turn += 1;
    machine.ended = why;
    if (machine.life.state === 'stopped' || machine.life.state === 'stopping')
      machine.stoppedMs += now - machine.stoppedAt!;
    else machine.runs.at(-1)!.endedAt = now;
    this.#step(machine, { type: why === 'expiry' ? 'expired' : 'idleOver' });
    machine.cloud = 'shutting-down';
    this.#live.get(machine.shape)!.delete(machine);
    if (machine.idle !== undefined)
      this.#gone.set(kindOf(machine), [...(this.#gone.get(kindOf(machine)) ?? []), machine]);
    this.#time.at(now + cloudLagMs, () => {
      machine.cloud = 'terminated';
      this.#step(machine, { type: 'cloudSays', state: 'terminated' });
    });
  }

  /** A job came that this machine, had it been kept, would have had. */
  #gapEnds(machine: SimMachine): void {
    if (machine.idle === undefined) return;
    const { since, tailMs } = machine.idle;
    const past = this.#pasts.get(kindOf(machine)) ?? noPastUse;
    const use = { busyMs: 0, gapMs: this.#time.now - since, tailMs };
    this.#pasts.set(kindOf(machine), withUse(past, use, machine.shape.startMs));
  }

  #step(machine: SimMachine, event: LifeEvent): void {
    const step = next(machine.life, event);
    if ('life' in step) machine.life = step.life;
    else this.wrongs.push(`${machine.id}: ${event.type}: ${step.refused}`);
  }
}

export function kindOf({ shape, label }: Pick<SimMachine, 'shape' | 'label'>): string {
  return `${shape.type} ${label}`;
}

function pooled(machine: SimMachine): PooledMachine {
  const { id, life, shape, expiresAt, reservedFor, freeAt } = machine;
  return {
    id,
    life,
    owner: 'ann',
    image: 'ami-1',
    cpus: shape.cpus,
    usableMemoryBytes: shape.memoryBytes,
    usdPerHour: shape.usdPerHour,
    expiresAt,
    ...(reservedFor === undefined ? {} : { reservedFor }),
    ...(freeAt === undefined ? {} : { freeAt }),
  };
}

function listed({ id, cloud, shape, label, expiresAt, runs }: SimMachine): CloudMachine {
  const tags = { intent: id, owner: 'ann', label, expiresAt, image: 'ami-1' };
  const launchedAt = runs.at(-1)!.startedAt;
  return { id, state: cloud, region: 'r', zone: 'z', type: shape.type, market: 'on-demand', launchedAt, tags };
}

function answered(machine: SimMachine, at: number): AgentAnswer | undefined {
  if (!machine.agentServes) return undefined;
  const jobs = machine.hasJob ? 1 : 0;
  const none = { isLeased: false, clients: 0, isDraining: false, isInterrupted: false, reasons: [], idleTailMs: 0 };
  return { state: 'answered', at, jobs, ...none };
}
