import { type CarriedLabel, labelSymbol } from '../labels/labelled.js';
import type { Conductor } from './conductor.js';
import { futureMark } from './future-mark.js';
import type { JobView } from './job-view.js';
import type { Ledger } from './ledger.js';
import { taskCode } from './task-table.js';
import type { Attempt, TaskFuture, TaskLogs, TaskState, TaskStats } from './types.js';

/** A view of one task in its job's ledger; it holds nothing itself. */
export class Future<O> implements TaskFuture<O> {
  readonly index: number;
  readonly job: JobView<O>;
  readonly #ledger: Ledger;
  readonly #conductor: Conductor;

  constructor(index: number, job: JobView<O>, ledger: Ledger, conductor: Conductor) {
    this.index = index;
    this.job = job;
    this.#ledger = ledger;
    this.#conductor = conductor;
  }

  get [labelSymbol](): Promise<CarriedLabel> {
    return this.#conductor.carried;
  }

  get state(): TaskState {
    return this.#ledger.table.state(this.index);
  }

  get stats(): TaskStats | undefined {
    return this.#ledger.stats(this.index);
  }

  get attempts(): readonly Attempt[] {
    return this.#ledger.attempts(this.index);
  }

  get logs(): TaskLogs {
    return this.#ledger.logs.of(this.index);
  }

  /** Behind it: for waits and collectors. */
  get ledgers(): readonly Ledger[] {
    return [this.#ledger];
  }

  /** True where awaiting it would not wait. */
  get isDecided(): boolean {
    return this.#ledger.table.isSettled(this.index) || this.#ledger.isOver;
  }

  get hasFailed(): boolean {
    return this.isDecided && this.#ledger.table.code(this.index) !== taskCode.done;
  }

  /** Its result is wanted, however far ahead it lies. */
  want(): void {
    this.#ledger.demand.awaitTask();
  }

  cancel(reason = 'by the caller'): void {
    this.#conductor.cancelTask(this.index, reason);
  }

  // biome-ignore lint/suspicious/noThenProperty: a future is awaited like a promise
  then<A = O, B = never>(
    onFulfilled?: ((value: O) => A | PromiseLike<A>) | null,
    onRejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.want();
    if (this.job.isSingle) this.job.collect();
    return (this.#ledger.result(this.index) as Promise<O>).then(onFulfilled, onRejected);
  }

  catch<R>(onRejected: (error: unknown) => R | PromiseLike<R>): Promise<O | R> {
    return this.then(undefined, onRejected);
  }

  finally(onFinally: () => void): Promise<O> {
    return this.then().finally(onFinally);
  }
}
Object.defineProperty(Future.prototype, futureMark, { value: true });
