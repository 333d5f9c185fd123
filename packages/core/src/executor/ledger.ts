import { type AttemptStats, MegalithError } from '@megalith/agent';
import { Demand } from './demand.js';
import { IndexQueue } from './index-queue.js';
import { LogStore } from './logs.js';
import { Promised } from './promised.js';
import { TaskTable, taskCode } from './task-table.js';
import type { Attempt, JobCounts, JobState, Outcome, TaskStats } from './types.js';

/** A task that ended badly: the error for its future, and the facts of its last attempt. */
export interface Defeat {
  readonly error: MegalithError;
  readonly attempt: Attempt | undefined;
  readonly stats: AttemptStats | undefined;
}

/**
 * What happened to each task of one job, and who waits to hear of it. It decides nothing:
 * whoever conducts the job writes here, and futures, loops and waits read.
 */
export class Ledger {
  readonly name: string;
  readonly table: TaskTable;
  readonly logs = new LogStore();
  readonly demand = new Demand();
  /** The machine that runs the job, once known. */
  machine: string | undefined;

  #state: JobState = 'preparing';
  #total: number;
  #complete: boolean;
  #done = 0;
  #failed = 0;
  #cancelled = 0;
  #running = 0;
  #jobError: MegalithError | undefined;
  #firstFailure: MegalithError | undefined;
  #lost = 0;
  /** Settled and not yet handed to a loop, in the order in which they settled. */
  readonly #untaken = new IndexQueue();
  readonly #inLoops = new Set<number>();
  readonly #waiting = new Map<number, Promised<unknown>>();
  /** Only of tasks that failed at least once. */
  readonly #attempts = new Map<number, Attempt[]>();
  readonly #listeners = new Set<() => void>();
  #change: Promised<void> | undefined;

  /** @param length of an input whose length is known */
  constructor(name: string, length: number | undefined) {
    this.name = name;
    this.table = new TaskTable(length);
    this.#total = length ?? 0;
    this.#complete = length !== undefined;
  }

  // What readers see.

  get state(): JobState {
    return this.#state;
  }

  get isOver(): boolean {
    return this.#state !== 'preparing' && this.#state !== 'running';
  }

  get counts(): JobCounts {
    return {
      total: this.#total,
      complete: this.#complete,
      done: this.#done,
      failed: this.#failed,
      cancelled: this.#cancelled,
      running: this.#running,
    };
  }

  get total(): number {
    return this.#total;
  }

  get isComplete(): boolean {
    return this.#complete;
  }

  get settled(): number {
    return this.#done + this.#failed + this.#cancelled;
  }

  get untaken(): number {
    return this.#untaken.length;
  }

  /** Results that loops took and nobody kept. */
  get lost(): number {
    return this.#lost;
  }

  /** Set where the job as a whole could not go on. */
  get jobError(): MegalithError | undefined {
    return this.#jobError;
  }

  /** What `await job` rejects with. */
  get firstFailure(): MegalithError | undefined {
    return this.#firstFailure;
  }

  attempts(index: number): readonly Attempt[] {
    const failed = this.#attempts.get(index) ?? [];
    if (this.table.code(index) !== taskCode.done) return failed;
    const stats = this.stats(index);
    return [...failed, { attempt: stats?.attempt ?? failed.length + 1, ...(stats === undefined ? {} : { stats }) }];
  }

  stats(index: number): TaskStats | undefined {
    return this.table.stats(index, this.machine ?? '');
  }

  outcome(index: number): Outcome<unknown> {
    const stats = this.stats(index);
    const code = this.table.code(index);
    if (code === taskCode.done) return { index, status: 'done', value: this.table.value(index), stats: stats! };
    const status = code === taskCode.cancelled ? 'cancelled' : 'failed';
    return { index, status, error: this.table.error(index), ...(stats === undefined ? {} : { stats }) };
  }

  /** The value of one task; rejects with its error. */
  result(index: number): Promise<unknown> {
    if (this.table.isReleased(index)) return Promise.reject(alreadyTaken(`task ${index} of "${this.name}"`));
    const code = this.table.code(index);
    if (code === taskCode.done) return Promise.resolve(this.table.value(index));
    if (code > taskCode.done) return Promise.reject(this.table.error(index));
    if (this.isOver) return Promise.reject(this.#jobError ?? this.#notThere(index));
    let waiting = this.#waiting.get(index);
    if (waiting === undefined) this.#waiting.set(index, (waiting = new Promised()));
    return waiting.promise;
  }

  /** The next result in the order of completion that no loop took yet. */
  take(): number | undefined {
    const index = this.#untaken.shift();
    if (index !== undefined) this.#inLoops.add(index);
    return index;
  }

  /** True while a loop works on the task's result. */
  isInLoop(index: number): boolean {
    return this.#inLoops.has(index);
  }

  /** A loop is through with a result that it took. */
  release(index: number): void {
    this.#inLoops.delete(index);
    if (this.demand.keepsAll || !this.table.release(index)) return;
    this.#lost += 1;
    this.#attempts.delete(index);
    this.logs.delete(index);
  }

  /** Hears of every batch of changes, and of the end. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Settles after the next batch of changes. */
  changed(): Promise<void> {
    this.#change ??= new Promised();
    return this.#change.promise;
  }

  // What the conductor writes; `flush` then tells the readers.

  run(machine: string | undefined): void {
    this.#state = 'running';
    this.machine = machine;
  }

  /** The input was read up to `total`. */
  read(total: number, complete: boolean): void {
    this.#total = total;
    this.#complete = complete;
  }

  started(index: number): void {
    if (this.table.code(index) === taskCode.running) return;
    this.table.setCode(index, taskCode.running);
    this.#running += 1;
  }

  retrying(index: number, attempt: Attempt): void {
    this.#leaveRunning(index);
    this.#remember(index, attempt);
    this.table.setCode(index, taskCode.waiting);
  }

  done(index: number, value: unknown, stats: AttemptStats, at: number): void {
    this.#leaveRunning(index);
    this.table.settle(index, taskCode.done, value, stats, at);
    this.#done += 1;
    this.#untaken.push(index);
    if (this.#waiting.size > 0) this.#waitingFor(index)?.resolve(value);
  }

  failed(index: number, defeat: Defeat, at: number): void {
    this.#leaveRunning(index);
    if (defeat.attempt !== undefined) this.#remember(index, defeat.attempt);
    this.#settleWithError(index, defeat.error, defeat.stats, at);
    this.#untaken.push(index);
    this.#firstFailure ??= defeat.error;
  }

  /** The job as a whole cannot go on: its remaining tasks fail with that error. */
  failJob(error: MegalithError, at: number): void {
    this.#jobError = error;
    this.#firstFailure ??= error;
    for (let index = 0; index < this.#total; index++) {
      if (this.table.isSettled(index)) continue;
      this.#leaveRunning(index);
      this.#settleWithError(index, error, undefined, at);
    }
    this.#end(error.code === 'CANCELLED' ? 'cancelled' : 'failed');
  }

  /** Every task that will ever be has settled. @param cancellation set where somebody cancelled the whole job */
  end(cancellation?: MegalithError): void {
    const cutShort = cancellation !== undefined && (this.#cancelled > 0 || !this.#complete);
    if (cutShort) this.#firstFailure ??= cancellation;
    this.#complete = true;
    if (cutShort) this.#end('cancelled');
    else if (this.#failed > 0) this.#end('failed');
    else this.#end(this.#cancelled > 0 ? 'cancelled' : 'done');
  }

  flush(): void {
    const change = this.#change;
    this.#change = undefined;
    change?.resolve();
    for (const listener of this.#listeners) listener();
  }

  #end(state: JobState): void {
    this.#state = state;
    for (const [index, waiting] of this.#waiting) waiting.reject(this.#jobError ?? this.#notThere(index));
    this.#waiting.clear();
    this.flush();
  }

  #settleWithError(index: number, error: MegalithError, stats: AttemptStats | undefined, at: number): void {
    const isCancelled = error.code === 'CANCELLED';
    this.table.settle(index, isCancelled ? taskCode.cancelled : taskCode.failed, error, stats, at);
    if (isCancelled) this.#cancelled += 1;
    else this.#failed += 1;
    if (this.#waiting.size > 0) this.#waitingFor(index)?.reject(error);
  }

  #leaveRunning(index: number): void {
    if (this.table.code(index) === taskCode.running) this.#running -= 1;
  }

  #remember(index: number, attempt: Attempt): void {
    const attempts = this.#attempts.get(index);
    if (attempts === undefined) this.#attempts.set(index, [attempt]);
    else attempts.push(attempt);
  }

  #waitingFor(index: number): Promised<unknown> | undefined {
    const waiting = this.#waiting.get(index);
    this.#waiting.delete(index);
    return waiting;
  }

  #notThere(index: number): MegalithError {
    return new MegalithError('NOT_FOUND', `"${this.name}" has no task ${index}: its input ended after ${this.#total}`);
  }
}

export function alreadyTaken(what: string): MegalithError {
  return new MegalithError('USAGE', `the result of ${what} was already taken by a loop over the job`, {
    hint: 'await the job, or hold the future, before looping; a loop keeps each result only until it took the next',
  });
}

