import type { TaskEvents, TaskInput, TaskSource } from '../../backends/backend.js';
import type { Leg } from './leg.js';
import { ProbeWatch } from './probe-watch.js';

export interface IntakeOptions {
  readonly tasks: TaskSource;
  /** Keys of the legs that take tasks by themselves; the first takes what is for no other. */
  readonly takers: readonly string[];
  readonly routeOf?: ((input: TaskInput) => string) | undefined;
  /** So many tasks are given out, and have so long, before it is decided where the rest goes. */
  readonly probe?: { readonly tasks: number; readonly limitMs: number } | undefined;
}

/** Shares a job's tasks out as they come: each to the leg that it was moved to, else the one that it is routed to, else the main one. */
export class Intake {
  readonly #tasks: TaskSource;
  readonly #takers: Set<string>;
  readonly #routeOf: ((input: TaskInput) => string) | undefined;
  /** Where tasks that left their first place go when they are tried again. */
  readonly #homes = new Map<number, string>();
  #main: string | undefined;
  #probe: ProbeWatch | undefined;

  constructor({ tasks, takers, routeOf, probe }: IntakeOptions) {
    this.#tasks = tasks;
    this.#takers = new Set(takers);
    this.#main = takers[0];
    this.#routeOf = routeOf;
    if (probe !== undefined) this.#probe = new ProbeWatch(probe.tasks, probe.limitMs);
  }

  /** Set until it is decided where the rest goes. */
  get probe(): ProbeWatch | undefined {
    return this.#probe;
  }

  /** No task will come any more. */
  get hasEnded(): boolean {
    return this.isExhausted && this.#probe === undefined;
  }

  /** There is nothing left whose place could be decided. */
  get isExhausted(): boolean {
    return this.#tasks.ended;
  }

  /** It takes tasks by itself; to others tasks are only moved. */
  isTaker({ plan }: Leg): boolean {
    return this.#takers.has(plan.key);
  }

  mayTake(leg: Leg): boolean {
    if (this.#tasks.ended || !this.isTaker(leg)) return false;
    return this.#probe === undefined || this.#probe.left > 0;
  }

  /** Settles when there may be more. */
  ready(): Promise<void> {
    return this.#tasks.ready();
  }

  /** Takes up to so many tasks for a leg; those that come up for others wait there. */
  take(leg: Leg, max: number, legs: readonly Leg[]): TaskInput[] {
    const taken: TaskInput[] = [];
    while (taken.length < max && this.mayTake(leg)) {
      const room = Math.min(max - taken.length, this.#probe?.left ?? max);
      const pulled = this.#tasks.take(room);
      this.#probe?.taken(pulled);
      const isAllIts = leg.plan.key === this.#main && this.#homes.size === 0 && this.#routeOf === undefined;
      for (const input of pulled) {
        const home = isAllIts ? leg : this.#legFor(input, legs);
        if (home === leg) taken.push(input);
        else home.wait(input);
      }
      if (pulled.length < room) break;
    }
    // An input may turn out to be shorter than the probe only here, and one whose tasks may be tried again after all that they did.
    this.#probe?.endIfIdle(this.#tasks.ended);
    return taken;
  }

  hear(events: TaskEvents): void {
    this.#probe?.hear(events);
    this.#probe?.endIfIdle(this.#tasks.ended);
  }

  /** From now on one leg takes all that comes. */
  decided(key: string): void {
    this.#probe = undefined;
    this.#takers.clear();
    this.#takers.add(key);
    this.#main = key;
  }

  /** The task belongs to that leg from now on, or, without one, to where it went first. */
  moved(index: number, key: string | undefined): void {
    if (key === undefined) this.#homes.delete(index);
    else this.#homes.set(index, key);
  }

  #legFor(input: TaskInput, legs: readonly Leg[]): Leg {
    const key = this.#homes.get(input.index) ?? this.#routeOf?.(input) ?? this.#main;
    const open = legs.filter(leg => leg.isOpen);
    return open.find(leg => leg.plan.key === key) ?? open.find(leg => leg.plan.key === this.#main) ?? legs[0]!;
  }
}
