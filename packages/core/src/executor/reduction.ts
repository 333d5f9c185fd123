import type { MegalithError } from '@megalith/agent';
import { type CarriedLabel, type CarriesLabel, labelSymbol } from '../labels/labelled.js';
import { futureMark } from './future-mark.js';
import type { JobView } from './job-view.js';
import type { Ledger } from './ledger.js';
import type { Job } from './types.js';
import { until } from './until.js';

/**
 * What `mapReduce` gives. `await` gives the reduced value (with `reduceBy`: a Map of them by key, in the order in which the keys
 * first came up), or throws the first failure of either half.
 */
export interface Reduction<O, R> extends PromiseLike<R> {
  /** The maps. */
  readonly job: Job<O>;
  /** The reduces: one task, or one a key; with `fanIn` one a batch, whose results are taken by the next ones. */
  readonly reduceJob: Job<unknown>;
  cancel(reason?: string): void;
  catch<E>(onRejected: (error: unknown) => E | PromiseLike<E>): Promise<R | E>;
  finally(onFinally: () => void): Promise<R>;
}

export interface ReductionParts<R> {
  /** Gives the result, once all of it was reduced. */
  readonly whole: () => PromiseLike<R>;
  /** Somebody takes the results of the reduces as they come: they need not be kept. */
  readonly takesResults: boolean;
  readonly onCollected: () => void;
}

/** The two jobs of a `mapReduce`, seen as one value to come. */
export class ReductionView<O, R> implements Reduction<O, R>, CarriesLabel {
  readonly job: JobView<O>;
  readonly reduceJob: JobView<unknown>;
  readonly isSingle = true;
  readonly #whole: () => PromiseLike<R>;
  readonly #takesResults: boolean;
  readonly #onCollected: () => void;
  #isCollected = false;

  constructor(job: JobView<O>, reduceJob: JobView<unknown>, { whole, takesResults, onCollected }: ReductionParts<R>) {
    this.job = job;
    this.reduceJob = reduceJob;
    this.#whole = whole;
    this.#takesResults = takesResults;
    this.#onCollected = onCollected;
  }

  get [labelSymbol](): Promise<CarriedLabel> {
    return this.reduceJob[labelSymbol];
  }

  get ledgers(): readonly Ledger[] {
    return [this.job.ledger, this.reduceJob.ledger];
  }

  get isDecided(): boolean {
    return this.hasFailed || this.reduceJob.ledger.isOver;
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  want(): void {
    if (!this.#takesResults) this.reduceJob.want();
  }

  get isCollected(): boolean {
    return this.#isCollected;
  }

  collect(): void {
    if (this.#isCollected) return;
    this.#isCollected = true;
    this.#onCollected();
  }

  cancel(reason = 'by the caller'): void {
    this.reduceJob.cancel(reason);
    this.job.cancel(reason);
  }

  // biome-ignore lint/suspicious/noThenProperty: it is awaited like a promise
  then<A = R, B = never>(
    onFulfilled?: ((value: R) => A | PromiseLike<A>) | null,
    onRejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#value().then(onFulfilled, onRejected);
  }

  catch<E>(onRejected: (error: unknown) => E | PromiseLike<E>): Promise<R | E> {
    return this.then(undefined, onRejected);
  }

  finally(onFinally: () => void): Promise<R> {
    return this.then().finally(onFinally);
  }

  async #value(): Promise<R> {
    this.collect();
    await until(this.ledgers, () => this.isDecided);
    if (this.#failure !== undefined) throw this.#failure;
    return this.#whole();
  }

  /** That the reduce cannot run comes first: the maps are cancelled because of it. */
  get #failure(): MegalithError | undefined {
    return this.reduceJob.ledger.jobError ?? this.job.ledger.firstFailure ?? this.reduceJob.ledger.firstFailure;
  }
}
Object.defineProperty(ReductionView.prototype, futureMark, { value: true });
