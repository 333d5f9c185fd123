import { MegalithError } from '@megalith/agent';
import { type CarriedLabel, labelSymbol } from '../labels/labelled.js';
import type { Conductor } from './conductor.js';
import { Future } from './future.js';
import { futureMark } from './future-mark.js';
import { alreadyTaken, type Ledger } from './ledger.js';
import { outcomesOf, valuesOf } from './loop.js';
import type { Job, JobCounts, JobState, Outcome, Plan } from './types.js';
import { until } from './until.js';

/** The caller's view of one job. Behind it: the ledger (what happened) and the conductor (what happens next). */
export class JobView<O> implements Job<O> {
  readonly id: string;
  readonly name: string;
  /** A single call, whose result is a value and not a list. */
  readonly isSingle: boolean;
  readonly ledger: Ledger;
  readonly #conductor: Conductor;
  readonly #onCollected: () => void;
  readonly #futures = new Map<number, Future<O>>();
  #isCollected = false;

  constructor(id: string, isSingle: boolean, ledger: Ledger, conductor: Conductor, onCollected: () => void) {
    this.id = id;
    this.name = ledger.name;
    this.isSingle = isSingle;
    this.ledger = ledger;
    this.#conductor = conductor;
    this.#onCollected = onCollected;
  }

  get state(): JobState {
    return this.ledger.state;
  }

  get counts(): JobCounts {
    return this.ledger.counts;
  }

  get plan(): Plan | undefined {
    return this.#conductor.plan;
  }

  /** How sensitive its results are; known once it is placed. */
  get [labelSymbol](): Promise<CarriedLabel> {
    return this.#conductor.carried;
  }

  /** Behind it: for waits and collectors. */
  get ledgers(): readonly Ledger[] {
    return [this.ledger];
  }

  /** True where awaiting it would not wait. */
  get isDecided(): boolean {
    return this.ledger.isOver || this.hasFailed;
  }

  get hasFailed(): boolean {
    return this.ledger.firstFailure !== undefined;
  }

  /** Its results are wanted: they are kept, and a lazy input is read to its end. */
  want(): void {
    this.ledger.demand.keepAll();
  }

  /** True once somebody asked for the results. */
  get isCollected(): boolean {
    return this.#isCollected;
  }

  future(index: number): Future<O> {
    const { total, isComplete, table } = this.ledger;
    if (!Number.isInteger(index) || index < 0 || (isComplete && index >= total)) {
      throw new MegalithError('NOT_FOUND', `"${this.name}" has no task ${index}`, { details: { job: this.id, total } });
    }
    let future = this.#futures.get(index);
    if (future !== undefined) return future;
    future = new Future<O>(index, this, this.ledger, this.#conductor);
    // A result that a loop has in its hands goes when the loop goes on; a future asked for sooner keeps it.
    if (this.ledger.outbox.isHeld(index)) return future;
    table.keep(index);
    this.#futures.set(index, future);
    return future;
  }

  *[Symbol.iterator](): Iterator<Future<O>> {
    if (!this.ledger.isComplete) {
      throw new MegalithError('USAGE', `the length of "${this.name}" is not known yet`, {
        hint: 'its input is lazy: use `for await`, `outcomes()` or `await job`',
      });
    }
    this.collect();
    this.want();
    for (let index = 0; index < this.ledger.total; index++) yield this.future(index);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<O, undefined> {
    this.collect();
    return valuesOf(this.ledger) as AsyncIterableIterator<O, undefined>;
  }

  outcomes(): AsyncIterableIterator<Outcome<O>, undefined> {
    this.collect();
    return outcomesOf(this.ledger) as AsyncIterableIterator<Outcome<O>, undefined>;
  }

  // biome-ignore lint/suspicious/noThenProperty: a job is awaited like a promise
  then<A = O[], B = never>(
    onFulfilled?: ((values: O[]) => A | PromiseLike<A>) | null,
    onRejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#values().then(onFulfilled, onRejected);
  }

  catch<R>(onRejected: (error: unknown) => R | PromiseLike<R>): Promise<O[] | R> {
    return this.then(undefined, onRejected);
  }

  finally(onFinally: () => void): Promise<O[]> {
    return this.then().finally(onFinally);
  }

  async ended(): Promise<JobCounts> {
    this.ledger.demand.awaitEnd();
    await until(this.ledgers, () => this.ledger.isOver);
    if (this.ledger.jobError !== undefined) throw this.ledger.jobError;
    return this.ledger.counts;
  }

  cancel(reason = 'by the caller'): void {
    this.#conductor.cancel(reason);
  }

  detach(): Promise<void> {
    return this.#conductor.detach();
  }

  /** Somebody asked for the results: the executor need not keep the job for `getResult()`. */
  collect(): void {
    if (this.#isCollected) return;
    this.#isCollected = true;
    this.#onCollected();
  }

  async #values(): Promise<O[]> {
    const { ledger } = this;
    this.collect();
    if (ledger.lost > 0) throw alreadyTaken(`"${this.name}"`);
    this.want();
    await until(this.ledgers, () => this.isDecided);
    if (ledger.firstFailure !== undefined) throw ledger.firstFailure;
    if (ledger.lost > 0) throw alreadyTaken(`"${this.name}"`);
    return ledger.table.values(ledger.total) as O[];
  }
}
Object.defineProperty(JobView.prototype, futureMark, { value: true });
