import type { MegalithError } from '@megalith/agent';
import type { TaskInput, TaskSource } from '../backends/backend.js';
import { epochNow, timer } from './clock.js';
import type { Input } from './input.js';
import type { Ledger } from './ledger.js';
import { Promised } from './promised.js';

export interface FeedOptions {
  /** Items are kept until their tasks have ended, for another try. */
  readonly mayRetry: boolean;
  /** Tasks out at once. */
  readonly concurrency: number;
  /** Makes an item what the tasks of this job take; what it throws is the input's failure. */
  readonly convert?: ((item: unknown, index: number) => unknown) | undefined;
}

/**
 * The door through which a backend takes a job's tasks: retries that are due first, then items as the input gives them.
 * It rests while a lazy input has more results than anybody takes.
 */
export class TaskFeed implements TaskSource {
  readonly #input: Input;
  readonly #ledger: Ledger;
  readonly #options: FeedOptions;
  #next = 0;
  /** Given out and not yet settled or waiting for another try. */
  #out = 0;
  readonly #items = new Map<number, unknown>();
  readonly #timers = new Map<number, NodeJS.Timeout>();
  readonly #due: number[] = [];
  /** Cancelled before they were read. */
  readonly #forsaken = new Map<number, MegalithError>();
  #onForsaken: ((index: number, error: MegalithError) => void) | undefined;
  #failure: { readonly cause: unknown } | undefined;
  #isStopped = false;
  #wake: Promised<void> | undefined;

  constructor(input: Input, ledger: Ledger, options: FeedOptions) {
    this.#input = input;
    this.#ledger = ledger;
    this.#options = options;
    ledger.demand.onGrowth(() => {
      if (!this.#isResting) this.#poke();
    });
  }

  // The backend's side.

  take(max: number): TaskInput[] {
    const tasks: TaskInput[] = [];
    if (this.#isStopped) return tasks;
    const room = Math.min(max, this.#options.concurrency - this.#out);
    const at = epochNow();
    while (tasks.length < room && this.#due.length > 0) tasks.push(this.#resend(this.#due.shift()!, at));
    if (tasks.length < room && !this.#isResting) this.#readInto(tasks, room - tasks.length, at);
    this.#out += tasks.length;
    return tasks;
  }

  ready(): Promise<void> {
    if (this.ended || this.#hasSome) return Promise.resolve();
    this.#wake ??= new Promised();
    const { promise } = this.#wake;
    // Set up after `#wake`, for an input that has news at once.
    const readsOn = !this.#input.isExhausted && !this.#isResting && this.#out < this.#options.concurrency;
    if (readsOn) void this.#input.ready().then(() => this.#poke());
    return promise;
  }

  get ended(): boolean {
    if (this.#isStopped) return true;
    if (!this.#input.isExhausted || this.#due.length > 0 || this.#timers.size > 0) return false;
    return this.#out === 0 || !this.#options.mayRetry;
  }

  get taskCount(): number {
    return this.#isStopped ? this.#next : this.#ledger.total;
  }

  // The conductor's side.

  /** What the input threw, once no task is left of those that were read before. */
  get failure(): { readonly cause: unknown } | undefined {
    return this.#failure ?? this.#input.failure;
  }

  /** Tasks that were given out, have not had their last event, and may be tried again. */
  outstanding(): number[] {
    return [...this.#items.keys()].filter(index => !this.#timers.has(index) && !this.#due.includes(index));
  }

  /** A task that was given out has its last event, or waits for its next try. */
  returned(index: number, isFinal: boolean): void {
    this.#out -= 1;
    if (isFinal && this.#items.size > 0) this.#items.delete(index);
  }

  /** Gives the task out again after a while. */
  retryAfter(index: number, delayMs: number): void {
    const waiting = timer(() => {
      this.#timers.delete(index);
      this.#due.push(index);
      this.#poke();
    }, delayMs);
    this.#timers.set(index, waiting);
  }

  /** Ends the giving out; tells which tasks were waiting for another try. */
  stop(): number[] {
    if (this.#isStopped) return [];
    this.#isStopped = true;
    this.#input.stop();
    for (const each of this.#timers.values()) clearTimeout(each);
    const waiting = [...this.#timers.keys(), ...this.#due];
    this.#timers.clear();
    this.#due.length = 0;
    this.#items.clear();
    this.#poke();
    return waiting;
  }

  /** Withdraws a task that waits for another try. */
  withdraw(index: number): boolean {
    clearTimeout(this.#timers.get(index));
    const at = this.#due.indexOf(index);
    if (at >= 0) this.#due.splice(at, 1);
    this.#items.delete(index);
    const wasWaiting = this.#timers.delete(index) || at >= 0;
    this.#poke();
    return wasWaiting;
  }

  /** Passes over an index that was not read yet, when it comes. */
  forsake(index: number, error: MegalithError): void {
    this.#forsaken.set(index, error);
  }

  /** Hears of forsaken indexes as they are read. */
  onForsaken(listener: (index: number, error: MegalithError) => void): void {
    this.#onForsaken = listener;
  }

  /** True for an index that no backend was given and none will be asked to cancel. */
  isUnread(index: number): boolean {
    return index >= this.#next;
  }

  /** Lets `ready` look again. */
  refresh(): void {
    this.#poke();
  }

  #resend(index: number, at: number): TaskInput {
    const attempt = this.#ledger.table.attempt(index) + 1;
    this.#ledger.table.send(index, attempt, at);
    return { index, attempt, item: this.#items.get(index) };
  }

  #readInto(tasks: TaskInput[], max: number, at: number): void {
    const { convert, mayRetry } = this.#options;
    this.#input.read(max, item => {
      if (this.#failure !== undefined) return;
      const index = this.#next++;
      if (this.#forsaken.size > 0 && this.#isForsaken(index)) return;
      const ready = convert === undefined ? item : this.#converted(convert, item, index);
      if (this.#failure !== undefined) return;
      if (mayRetry) this.#items.set(index, ready);
      this.#ledger.table.send(index, 1, at);
      tasks.push({ index, attempt: 1, item: ready });
    });
    if (this.#input.length === undefined || this.#failure !== undefined) {
      this.#ledger.read(this.#next, this.#input.isExhausted);
    }
  }

  #converted(convert: (item: unknown, index: number) => unknown, item: unknown, index: number): unknown {
    try {
      return convert(item, index);
    } catch (cause) {
      this.#failure = { cause };
      this.#next -= 1;
      this.#input.stop();
      return undefined;
    }
  }

  #isForsaken(index: number): boolean {
    const error = this.#forsaken.get(index);
    if (error === undefined) return false;
    this.#forsaken.delete(index);
    this.#onForsaken?.(index, error);
    return true;
  }

  get #isResting(): boolean {
    return this.#input.length === undefined && this.#ledger.isSated;
  }

  /** Whether `take` would give something for certain. */
  get #hasSome(): boolean {
    return this.#out < this.#options.concurrency && this.#due.length > 0;
  }

  #poke(): void {
    this.#wake?.resolve();
    this.#wake = undefined;
  }
}
