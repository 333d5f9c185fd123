import { type AttemptStats, MegalithError } from '@megalith/agent';
import { Demand } from './demand.js';
import { LogStore } from './logs.js';
import { Outbox } from './outbox.js';
import { Promised } from './promised.js';
import { TaskTable, taskCode } from './task-table.js';
import type { Attempt, JobCounts, JobState, Outcome, TaskStats } from './types.js';
import { Waiting } from './waiting.js';

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
  /** Settled, and not yet taken by a loop. */
  readonly outbox = new Outbox();
  #state: JobState = 'preparing';
  #total: number;
  #isComplete: boolean;
  #done = 0;
  #failed = 0;
  #cancelled = 0;
  #running = 0;
  #lost = 0;
  #jobError: MegalithError | undefined;
  #firstFailure: MegalithError | undefined;
  #machine: string | undefined;
  readonly #waiting = new Waiting();
  /** Only of tasks that failed at least once. */
  readonly #attempts = new Map<number, Attempt[]>();
  readonly #listeners = new Set<() => void>();
  #change: Promised<void> | undefined;

  /** @param length of an input whose length is known */
  constructor(name: string, length: number | undefined) {
    this.name = name;
    this.table = new TaskTable(length);
    this.#total = length ?? 0;
    this.#isComplete = length !== undefined;
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
      complete: this.#isComplete,
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
    return this.#isComplete;
  }

  get settled(): number {
    return this.#done + this.#failed + this.#cancelled;
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

  /** True while a lazy input should rest, because nobody takes what is there. */
  get isSated(): boolean {
    return this.demand.isSated(this.outbox);
  }

  /** Where the job runs, or what is heard of it now, once known. */
  get machine(): string | undefined {
    return this.#machine;
  }

  set machine(name: string | undefined) {
    if (name === undefined) return;
    this.#machine = name;
    this.table.machine = name;
  }

  attempts(index: number): readonly Attempt[] {
    const failed = this.#attempts.get(index) ?? [];
    const stats = this.table.code(index) === taskCode.done ? this.stats(index) : undefined;
    return stats === undefined ? failed : [...failed, { attempt: stats.attempt, stats }];
  }

  stats(index: number): TaskStats | undefined {
    return this.table.stats(index);
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
    if (this.table.hasFailed(index)) return Promise.reject(this.table.error(index));
    if (this.table.isSettled(index)) return Promise.resolve(this.table.value(index));
    return this.isOver ? Promise.reject(this.#whyNever(index)) : this.#waiting.promise(index);
  }

  /** The next result that no loop took yet. */
  take(): number | undefined {
    return this.outbox.take(index => this.table.bytesOut(index));
  }

  /** A loop is through with a result that it took. */
  release(index: number): void {
    this.outbox.letGo(index);
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
  read(total: number, isComplete: boolean): void {
    this.#total = total;
    this.#isComplete = isComplete;
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
    this.outbox.put(index, stats.bytesOut);
    this.#waiting.resolve(index, value);
  }

  failed(index: number, defeat: Defeat, at: number): void {
    if (defeat.attempt !== undefined) this.#remember(index, defeat.attempt);
    this.#settle(index, defeat.error, defeat.stats, at);
    this.outbox.put(index, defeat.stats?.bytesOut ?? 0);
    this.#firstFailure ??= defeat.error;
  }

  /** The job as a whole cannot go on: its remaining tasks fail with that error. */
  failJob(error: MegalithError, at: number): void {
    this.#jobError = error;
    this.#firstFailure ??= error;
    for (let index = 0; index < this.#total; index++) {
      if (!this.table.isSettled(index)) this.#settle(index, error, undefined, at);
    }
    this.#end(error.code === 'CANCELLED' ? 'cancelled' : 'failed');
  }

  /** Every task that will ever be has settled. @param cancellation set where somebody cancelled the whole job */
  end(cancellation?: MegalithError): void {
    const isCutShort = cancellation !== undefined && (this.#cancelled > 0 || !this.#isComplete);
    if (isCutShort) this.#firstFailure ??= cancellation;
    this.#isComplete = true;
    if (this.#failed > 0 && !isCutShort) this.#end('failed');
    else this.#end(isCutShort || this.#cancelled > 0 ? 'cancelled' : 'done');
  }

  flush(): void {
    const change = this.#change;
    this.#change = undefined;
    change?.resolve();
    for (const listener of this.#listeners) listener();
  }

  #end(state: JobState): void {
    this.#state = state;
    this.#waiting.rejectAll(index => this.#whyNever(index));
    this.flush();
  }

  #settle(index: number, error: MegalithError, stats: AttemptStats | undefined, at: number): void {
    this.#leaveRunning(index);
    const isCancelled = error.code === 'CANCELLED';
    this.table.settle(index, isCancelled ? taskCode.cancelled : taskCode.failed, error, stats, at);
    if (isCancelled) this.#cancelled += 1;
    else this.#failed += 1;
    this.#waiting.reject(index, error);
  }

  #leaveRunning(index: number): void {
    if (this.table.code(index) === taskCode.running) this.#running -= 1;
  }

  #remember(index: number, attempt: Attempt): void {
    const attempts = this.#attempts.get(index);
    if (attempts === undefined) this.#attempts.set(index, [attempt]);
    else attempts.push(attempt);
  }

  /** Of a task that the job ended without. */
  #whyNever(index: number): MegalithError {
    return (
      this.#jobError ??
      new MegalithError('NOT_FOUND', `"${this.name}" has no task ${index}: its input ended after ${this.#total}`)
    );
  }
}

export function alreadyTaken(what: string): MegalithError {
  return new MegalithError('USAGE', `the result of ${what} was already taken by a loop over the job`, {
    hint: 'await the job, or hold the future, before looping; a loop keeps each result only until it took the next',
  });
}
