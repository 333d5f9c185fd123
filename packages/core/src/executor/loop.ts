import type { Ledger } from './ledger.js';
import type { Outcome } from './types.js';

/**
 * A loop over a job's results in the order of completion. Each result goes to one loop only: a second loop goes on where the
 * first one stopped. What a loop took stays in memory until it asks for the next.
 * It is written by hand, because an async generator takes five times as long for each result.
 */
class Loop<T> implements AsyncIterableIterator<T, undefined> {
  readonly #ledger: Ledger;
  readonly #pick: (ledger: Ledger, index: number) => T;
  readonly #atEnd: (ledger: Ledger) => Error | undefined;
  #isInside = false;
  #held: number | undefined;

  /** @param pick gives what the loop sees of a task, or throws */
  constructor(
    ledger: Ledger,
    pick: (ledger: Ledger, index: number) => T,
    atEnd: (ledger: Ledger) => Error | undefined,
  ) {
    this.#ledger = ledger;
    this.#pick = pick;
    this.#atEnd = atEnd;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    this.#letGo();
    if (!this.#isInside) {
      this.#isInside = true;
      this.#ledger.demand.enterLoop();
    }
    const index = this.#ledger.take();
    if (index !== undefined) return this.#give(index);
    if (!this.#ledger.isOver) return this.#ledger.changed().then(() => this.next());
    const failure = this.#atEnd(this.#ledger);
    this.#leave();
    return failure === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(failure);
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#letGo();
    this.#leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  #give(index: number): Promise<IteratorResult<T, undefined>> {
    this.#held = index;
    try {
      return Promise.resolve({ done: false, value: this.#pick(this.#ledger, index) });
    } catch (error) {
      // A loop that throws is not closed by its `for await`.
      this.#leave();
      return Promise.reject(error);
    }
  }

  #letGo(): void {
    if (this.#held === undefined) return;
    this.#ledger.release(this.#held);
    this.#held = undefined;
    this.#ledger.demand.taken();
  }

  #leave(): void {
    if (!this.#isInside) return;
    this.#isInside = false;
    this.#ledger.demand.leaveLoop();
  }
}

/** What became of each task; throws only if the job as a whole could not go on. */
export function outcomesOf(ledger: Ledger): AsyncIterableIterator<Outcome<unknown>, undefined> {
  return new Loop(
    ledger,
    (from, index) => from.outcome(index),
    from => from.jobError,
  );
}

/** The value of each task; throws at the first that failed, and at the end of a cancelled job. */
export function valuesOf(ledger: Ledger): AsyncIterableIterator<unknown, undefined> {
  return new Loop(
    ledger,
    valueIn,
    from => from.jobError ?? (from.state === 'cancelled' ? from.firstFailure : undefined),
  );
}

function valueIn(ledger: Ledger, index: number): unknown {
  if (ledger.table.hasFailed(index)) throw ledger.table.error(index);
  return ledger.table.value(index);
}
