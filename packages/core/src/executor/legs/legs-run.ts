import { type Failure, isMegalithError, type TaskEvent } from '@megalith/agent';
import { EventQueue } from '../../backends/agent/event-queue.js';
import type { JobRun, TaskEvents, TaskInput, TaskSource } from '../../backends/backend.js';
import { Intake } from './intake.js';
import { Leg, type LegPlan } from './leg.js';
import { type FailedTask, isMovable, type Move, type MovedTo, stuck } from './move.js';
import type { Probed, ProbeWatch } from './probe-watch.js';

export interface LegsOptions {
  readonly tasks: TaskSource;
  /** Those that begin at once. The first takes what is not routed to another. */
  readonly legs: readonly LegPlan[];
  /** The key of the leg that a task goes to first. @defaultValue the first leg's */
  readonly routeOf?: (input: TaskInput) => string;
  /** Where a task goes that ran out of memory or time. @defaultValue nowhere: the failure stands */
  readonly moveOf?: (task: FailedTask) => Promise<Move>;
  readonly onMoved?: (moved: MovedTo) => void;
  readonly probe?: Probe;
}

/** The first leg is to find out how the tasks are; where the rest goes is decided then. */
export interface Probe {
  /** So many tasks go to the first leg. */
  readonly tasks: number;
  /** And have so long, milliseconds. */
  readonly limitMs: number;
  /** The leg of all other tasks: the first one goes on where its key is the same. */
  readonly decide: (probed: Probed) => Promise<LegPlan>;
}

type TaskFailed = Extract<TaskEvent, { type: 'failed' }>;

/**
 * Runs a job at several places. A task has one place at a time; one that ran out of memory or time there, and for which there is a larger place, goes
 * on as its next attempt there. A place that fails as a whole fails the job where it was the first, else the tasks that were moved to it.
 */
export class LegsRun implements JobRun {
  readonly #options: LegsOptions;
  readonly #queue = new EventQueue<TaskEvents>();
  readonly #legs: Leg[] = [];
  readonly #intake: Intake;
  /** Of tasks that were moved: where they were tried. */
  readonly #tried = new Map<number, LegPlan[]>();
  /** Tasks whose next place is being looked for. */
  readonly #moving = new Map<number, TaskInput>();
  readonly #unwanted = new Map<number, Failure>();
  readonly #sources = new WeakMap<TaskEvents, Leg>();
  /** Where tasks failed last, for whoever counts their tries. */
  readonly #failedAt = new Map<number, Leg>();
  /** A leg that only was to find out how tasks are. */
  #spent: Leg | undefined;
  #stopped: Failure | undefined;
  /** Before all first legs are there, none gets what may be another's. */
  #isWhole = false;
  #isOver = false;

  constructor(options: LegsOptions) {
    const { legs, probe } = options;
    this.#options = options;
    const { tasks, routeOf } = options;
    this.#intake = new Intake({ tasks, takers: legs.map(({ key }) => key), routeOf, probe });
    if (probe !== undefined) void this.#decide(probe, this.#intake.probe!);
    for (const plan of legs) this.#begin(plan);
    this.#isWhole = true;
    this.#look();
  }

  get events(): AsyncIterable<TaskEvents> {
    return this.#queue;
  }

  get machine(): string | undefined {
    return this.#legs[0]?.run.machine;
  }

  machineOf(events: TaskEvents): string | undefined {
    const run = this.#sources.get(events)?.run;
    return run?.machineOf?.(events) ?? run?.machine;
  }

  /** The part of the job that these events are of. */
  legOf(events: TaskEvents): LegPlan | undefined {
    return this.#sources.get(events)?.plan;
  }

  retriesTask(index: number): boolean {
    const run = (this.#failedAt.get(index) ?? this.#legs[0])?.run;
    this.#failedAt.delete(index);
    return run?.retriesTask?.(index) ?? run?.retriesTasks === true;
  }

  costUsd(): number {
    return this.#legs.reduce((sum, { run }) => sum + (run.costUsd?.() ?? 0), 0);
  }

  cancel(reason: string, indexes?: readonly number[]): void {
    if (this.#isOver) return;
    const failure: Failure = { code: 'CANCELLED', message: `cancelled: ${reason}` };
    if (indexes === undefined) this.#stopped ??= failure;
    else for (const index of indexes) this.#unwanted.set(index, failure);
    if (indexes === undefined) this.#intake.probe?.end();
    for (const leg of this.#legs) {
      const waiting = leg.queue.filter(({ index }) => this.#endOf(index) !== undefined);
      for (const task of waiting) {
        leg.queue.splice(leg.queue.indexOf(task), 1);
        this.#fail(task, this.#endOf(task.index)!);
      }
      if (!leg.isOver) leg.run.cancel(reason, indexes);
    }
    this.#look();
  }

  /** Where one place has the whole job, and nothing is to be decided any more. @throws what its run throws */
  get handOver(): (() => Promise<void>) | undefined {
    const [only, ...others] = this.#legs.filter(leg => !leg.isOver);
    const isSettled = this.#intake.probe === undefined && this.#moving.size === 0;
    if (only?.run.handOver === undefined || others.length > 0 || !isSettled) return undefined;
    return () => only.run.handOver!();
  }

  #begin(plan: LegPlan): Leg {
    const leg = new Leg(plan, {
      take: (taker, max) => this.#take(taker, max),
      ready: waiting => (this.#intake.mayTake(waiting) ? this.#intake.ready() : undefined),
      isEnded: asking => this.#isEnded(asking),
    });
    this.#legs.push(leg);
    void this.#attend(leg);
    return leg;
  }

  async #attend(leg: Leg): Promise<void> {
    try {
      for await (const batch of leg.run.events) this.#hear(leg, batch);
      leg.isOver = true;
    } catch (error) {
      leg.isOver = true;
      if (this.#intake.isTaker(leg)) this.#failAll(error);
      else this.#failMoved(leg, error);
    }
    this.#look();
    this.#maybeEnd();
  }

  #hear(leg: Leg, batch: TaskEvents): void {
    const moved: TaskFailed[] = [];
    for (const event of batch) {
      if (event.type === 'done') this.#settle(leg, event.index);
      else if (event.type === 'failed' && event.retrying !== true) {
        if (this.#mayMove(event)) moved.push(event);
        else this.#settle(leg, event.index);
        if (this.#legs.length > 1) this.#failedAt.set(event.index, leg);
      }
    }
    const passed = moved.length === 0 ? batch : batch.filter(event => !moved.includes(event as TaskFailed));
    if (passed.length > 0) this.#push(leg, passed);
    this.#intake.hear(batch);
    for (const event of moved) void this.#move(leg, event);
    if (leg.out.size === 0) this.#look();
  }

  #mayMove({ index, failure }: TaskFailed): boolean {
    return this.#options.moveOf !== undefined && isMovable(failure) && this.#endOf(index) === undefined;
  }

  async #move(leg: Leg, event: TaskFailed): Promise<void> {
    const { index, failure, stats } = event;
    const input = leg.out.get(index);
    if (input === undefined) return;
    this.#moving.set(index, input);
    this.#settle(leg, index, false);
    const tried = [...(this.#tried.get(index) ?? []), leg.plan];
    this.#tried.set(index, tried);
    const move = await this.#moveOf({ input, failure, peakMemoryBytes: stats?.peakMemoryBytes, tried });
    if (this.#isOver) return;
    const ended = this.#endOf(index);
    if (ended !== undefined || 'refused' in move) {
      this.#tried.delete(index);
      const told = ended ?? stuck(failure, (move as { refused: string }).refused);
      this.#push(leg, [{ ...event, failure: told }]);
    } else {
      this.#push(leg, [{ ...event, retrying: true }]);
      this.#options.onMoved?.({ index, from: leg.plan.place, to: move.to, failure });
      this.#goTo(move.to, { ...input, attempt: input.attempt + 1 }, failure);
    }
    // Not sooner: a leg that has just begun must not find that nothing will come.
    this.#moving.delete(index);
    this.#look();
    this.#maybeEnd();
  }

  async #moveOf(task: FailedTask): Promise<Move> {
    try {
      return await this.#options.moveOf!(task);
    } catch (error) {
      return { refused: isMegalithError(error) ? error.message : String(error) };
    }
  }

  #goTo(plan: LegPlan, input: TaskInput, cause: Failure): void {
    this.#intake.moved(input.index, plan.key);
    const leg = this.#legs.find(each => !each.isOver && each.plan.key === plan.key) ?? this.#begin(plan);
    leg.causes.set(input.index, cause);
    leg.wait(input);
  }

  #settle(leg: Leg, index: number, forGood = true): void {
    leg.out.delete(index);
    leg.causes.delete(index);
    if (forGood && this.#tried.size > 0) this.#tried.delete(index);
  }

  /** The place that the moved tasks were to go to is not to be had. */
  #failMoved(leg: Leg, error: unknown): void {
    const why = isMegalithError(error) ? error.message : String(error);
    for (const input of [...leg.queue.splice(0), ...leg.out.values()]) {
      const cause = leg.causes.get(input.index);
      this.#settle(leg, input.index);
      this.#intake.moved(input.index, undefined);
      this.#fail(input, cause === undefined ? lost(why) : stuck(cause, why));
    }
  }

  #failAll(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#intake.probe?.end();
    for (const leg of this.#legs) if (!leg.isOver) leg.run.cancel('the job failed');
    this.#queue.fail(error);
  }

  #fail({ index, attempt }: TaskInput, failure: Failure): void {
    this.#queue.push([{ type: 'failed', job: 0, index, attempt, failure }]);
  }

  #push(leg: Leg, events: TaskEvents): void {
    this.#sources.set(events, leg);
    this.#queue.push(events);
  }

  #take(leg: Leg, max: number): TaskInput[] {
    if (this.#isOver || !this.#isWhole) return [];
    const waiting = leg.queue.splice(0, max);
    return [...waiting, ...this.#intake.take(leg, max - waiting.length, this.#legs)];
  }

  #isEnded(leg: Leg): boolean {
    if (this.#isOver) return true;
    if (!this.#isWhole) return false;
    if (leg === this.#spent && leg.isDrained) return true;
    if (this.#stopped === undefined && !this.#intake.hasEnded) return false;
    if (leg.queue.length > 0 || this.#moving.size > 0) return false;
    // What another leg has may still come here.
    return this.#options.moveOf === undefined || this.#legs.every(other => other === leg || other.isDrained);
  }

  #endOf(index: number): Failure | undefined {
    return this.#stopped ?? this.#unwanted.get(index);
  }

  async #decide({ decide }: Probe, watch: ProbeWatch): Promise<void> {
    try {
      const plan = await decide(await watch.learned);
      this.#intake.decided(plan.key);
      if (this.#legs[0]?.plan.key !== plan.key) {
        this.#spent = this.#legs[0];
        if (!this.#isOver) this.#begin(plan);
      }
    } catch (error) {
      this.#failAll(error);
    }
    this.#look();
    this.#maybeEnd();
  }

  #look(): void {
    for (const leg of this.#legs) leg.look();
  }

  #maybeEnd(): void {
    if (this.#isOver || this.#moving.size > 0 || this.#intake.probe !== undefined) return;
    if (this.#legs.some(leg => !leg.isOver || leg.queue.length > 0)) return;
    this.#isOver = true;
    this.#queue.end();
  }
}

function lost(why: string): Failure {
  return { code: 'AGENT_LOST', message: `its place is lost: ${why}` };
}
