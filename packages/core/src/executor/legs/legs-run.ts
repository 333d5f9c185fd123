import { type Failure, isMegalithError, type TaskEvent } from '@megalith/agent';
import { EventQueue } from '../../backends/agent/event-queue.js';
import type { JobRun, TaskEvents, TaskInput, TaskSource } from '../../backends/backend.js';
import { Intake } from './intake.js';
import { Leg, type LegPlan } from './leg.js';
import { type FailedTask, isMovable, type Move, stuck } from './move.js';
import type { Probed, ProbeWatch } from './probe-watch.js';

export interface LegsOptions {
  readonly tasks: TaskSource;
  /** Those that begin at once. The first takes what is not routed to another. */
  readonly legs: readonly LegPlan[];
  /** The key of the leg that a task goes to first. @defaultValue the first leg's */
  readonly routeOf?: (input: TaskInput) => string;
  /** Where a task goes that ran out of memory or time. @defaultValue nowhere: the failure stands */
  readonly moveOf?: (task: FailedTask) => Promise<Move>;
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

/** Where events come from. */
interface Source {
  readonly leg: Leg;
  /** The events as the leg told them: some may have been kept back. */
  readonly batch: TaskEvents;
}

/** A task whose next place is being looked for. */
interface Moving {
  readonly event: TaskFailed;
  readonly source: Source;
}

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
  readonly #moving = new Map<number, Moving>();
  readonly #unwanted = new Map<number, Failure>();
  readonly #sources = new WeakMap<TaskEvents, Source>();
  /** Where tasks failed last, for whoever counts their tries; undefined where it was no place that failed them. */
  readonly #failedAt = new Map<number, Leg | undefined>();
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
    const source = this.#sources.get(events);
    return source?.leg.run.machineOf?.(source.batch) ?? source?.leg.run.machine;
  }

  /** The part of the job that these events are of. */
  legOf(events: TaskEvents): LegPlan | undefined {
    return this.#sources.get(events)?.leg.plan;
  }

  retriesTask(index: number): boolean {
    const run = (this.#failedAt.has(index) ? this.#failedAt.get(index) : this.#legs[0])?.run;
    this.#failedAt.delete(index);
    return run?.retriesTask?.(index) ?? run?.retriesTasks === true;
  }

  costUsd(): number {
    return costOf(this.#legs);
  }

  /** Of what the run cost: that of the places to which tasks were moved. */
  movedUsd(): number {
    return costOf(this.#legs.filter(leg => !this.#intake.isTaker(leg)));
  }

  cancel(reason: string, indexes?: readonly number[]): void {
    if (this.#isOver) return;
    const failure: Failure = { code: 'CANCELLED', message: `cancelled: ${reason}` };
    if (indexes === undefined) this.#stopped ??= failure;
    else for (const index of indexes) this.#unwanted.set(index, failure);
    if (indexes === undefined) this.#intake.probe?.end();
    for (const index of [...(indexes ?? this.#moving.keys())]) this.#stay(index, this.#endOf(index)!);
    for (const leg of this.#legs) {
      for (const task of leg.queue.splice(0)) {
        const ended = this.#endOf(task.index);
        if (ended === undefined) leg.queue.push(task);
        else this.#fail(task, ended);
      }
      if (!leg.isOver) leg.run.cancel(reason, indexes);
    }
    this.#look();
    this.#maybeEnd();
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
    if (this.#isOver) return;
    const source = { leg, batch };
    const moved = new Set<TaskEvent>();
    for (const event of batch) {
      if (event.type === 'done') {
        this.#settle(leg, event.index);
        this.#intake.moved(event.index, undefined);
      } else if (event.type === 'failed') {
        if (event.retrying === true) leg.triesAgain(event.index, event.attempt + 1);
        else if (this.#mayMove(event)) moved.add(event);
        else this.#settle(leg, event.index);
        if (this.#legs.length > 1) this.#failedAt.set(event.index, leg);
      }
    }
    const passed = moved.size === 0 ? batch : batch.filter(event => !moved.has(event));
    if (passed.length > 0) this.#push(source, passed);
    this.#intake.hear(batch);
    for (const event of moved) void this.#move(source, event as TaskFailed);
    if (leg.out.size === 0) this.#look();
  }

  #mayMove({ index, failure }: TaskFailed): boolean {
    return this.#options.moveOf !== undefined && isMovable(failure) && this.#endOf(index) === undefined;
  }

  async #move(source: Source, event: TaskFailed): Promise<void> {
    const { leg } = source;
    const { index, attempt, failure, stats } = event;
    const input = leg.out.get(index);
    if (input === undefined) return;
    const moving = { event, source };
    this.#moving.set(index, moving);
    this.#settle(leg, index, false);
    const tried = [...(this.#tried.get(index) ?? []), leg.plan];
    this.#tried.set(index, tried);
    const move = await this.#moveOf({ input, failure, peakMemoryBytes: stats?.peakMemoryBytes, tried });
    // Cancelled meanwhile.
    if (this.#isOver || this.#moving.get(index) !== moving) return;
    if ('refused' in move) {
      this.#stay(index, stuck(failure, move.refused));
    } else {
      this.#push(source, [{ ...event, retrying: true }]);
      this.#goTo(move.to, { ...input, attempt: attempt + 1 }, failure);
      // Not sooner: a leg that has just begun must not find that nothing will come.
      this.#moving.delete(index);
    }
    this.#look();
    this.#maybeEnd();
  }

  /** A task for which a place was looked for ends where it is. */
  #stay(index: number, failure: Failure): void {
    const moving = this.#moving.get(index);
    if (moving === undefined) return;
    this.#moving.delete(index);
    this.#tried.delete(index);
    this.#push(moving.source, [{ ...moving.event, failure }]);
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
    const leg = this.#legs.find(each => each.isOpen && each.plan.key === plan.key) ?? this.#begin(plan);
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
    this.#failedAt.set(index, undefined);
    this.#queue.push([{ type: 'failed', job: 0, index, attempt, failure }]);
  }

  #push(source: Source, events: TaskEvents): void {
    this.#sources.set(events, source);
    this.#queue.push(events);
  }

  #take(leg: Leg, max: number): TaskInput[] {
    if (this.#isOver || !this.#isWhole) return [];
    if (leg.queue.length === 0) return this.#intake.take(leg, max, this.#legs);
    const waiting = leg.queue.splice(0, max);
    return [...waiting, ...this.#intake.take(leg, max - waiting.length, this.#legs)];
  }

  #isEnded(leg: Leg): boolean {
    if (this.#isOver) return true;
    if (!this.#isWhole) return false;
    if (leg === this.#spent && leg.isDrained) return true;
    if (this.#stopped !== undefined) return leg.queue.length === 0;
    if (!this.#intake.hasEnded) return false;
    if (leg.queue.length > 0 || this.#moving.size > 0) return false;
    // What another leg has may still come here.
    return this.#options.moveOf === undefined || this.#legs.every(other => other === leg || other.isDrained);
  }

  #endOf(index: number): Failure | undefined {
    return this.#stopped ?? this.#unwanted.get(index);
  }

  async #decide({ decide }: Probe, watch: ProbeWatch): Promise<void> {
    const probed = await watch.learned;
    const first = this.#legs[0]!;
    let rest = first.plan;
    try {
      if (this.#hasMore) rest = await decide(probed);
    } catch (error) {
      if (this.#hasMore) this.#failAll(error);
    }
    // What was cancelled, or has come to its end meanwhile, needs no other place.
    if (!this.#hasMore) rest = first.plan;
    this.#intake.decided(rest.key);
    if (rest.key !== first.plan.key) {
      this.#spent = first;
      this.#begin(rest);
    }
    this.#look();
    this.#maybeEnd();
  }

  get #hasMore(): boolean {
    return !this.#isOver && this.#stopped === undefined && !this.#intake.isExhausted;
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

function costOf(legs: readonly Leg[]): number {
  return legs.reduce((sum, { run }) => sum + (run.costUsd?.() ?? 0), 0);
}

function lost(why: string): Failure {
  return { code: 'AGENT_LOST', message: `its place is lost: ${why}` };
}
