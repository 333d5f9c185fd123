import { MegalithError } from '@megalith/agent';
import { parseDuration } from '../config/duration.js';
import { Future } from './future.js';
import { JobView } from './job-view.js';
import type { Ledger } from './ledger.js';
import { type Target, targetsOf, type Waitable } from './target.js';
import type { TaskFuture, WaitOptions } from './types.js';
import { type UntilOptions, until } from './until.js';

/** The futures of what was waited for, as they stood when this was first looked at. */
export interface WaitResult {
  readonly done: readonly TaskFuture<unknown>[];
  readonly pending: readonly TaskFuture<unknown>[];
}

/**
 * Waits for tasks, of one job or of many, of one executor or of several. Failures count as done and are not thrown.
 * @throws MegalithError WAIT_TIMED_OUT, and the signal's reason; the jobs go on
 */
export async function wait(waitables: Waitable | Iterable<Waitable>, options: WaitOptions = {}): Promise<WaitResult> {
  const { when = 'all' } = options;
  if (typeof when === 'number' ? !(when >= 0 && when <= 100) : when !== 'all' && when !== 'any') {
    throw new MegalithError('USAGE', `"when" must be "all", "any" or a percentage from 0 to 100, not ${String(when)}`);
  }
  const targets = targetsOf(waitables);
  const tally = new Tally(targets);
  await until(tally.ledgers, () => tally.has(when), untilOptions(options));
  return new Partition(targets);
}

export function untilOptions(options: Pick<WaitOptions, 'timeout' | 'signal'>): UntilOptions {
  return {
    ...(options.timeout === undefined ? {} : { timeoutMs: parseDuration(options.timeout) }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
}

/** Counts the tasks that ended among some jobs and futures. */
class Tally {
  readonly ledgers: readonly Ledger[];
  readonly #jobs: readonly Ledger[];
  readonly #futures: number;
  #pending: Future<unknown>[];

  constructor(targets: readonly Target[]) {
    for (const target of targets) target.want();
    this.#pending = targets.filter(target => target instanceof Future);
    this.#futures = this.#pending.length;
    this.#jobs = [...new Set(targets.flatMap(target => (target instanceof Future ? [] : target.ledgers)))];
    this.ledgers = [...new Set(targets.flatMap(target => target.ledgers))];
  }

  has(when: 'all' | 'any' | number): boolean {
    this.#pending = this.#pending.filter(future => !future.isDecided);
    const ended = this.#jobs.reduce((sum, ledger) => sum + ledger.settled, this.#futures - this.#pending.length);
    if (when === 0 || (when === 'any' && ended > 0)) return true;
    // Of an input whose length is not known yet, nobody knows what a part of it is.
    if (!this.#jobs.every(ledger => ledger.isComplete || ledger.isOver)) return false;
    const total = this.#jobs.reduce((sum, ledger) => sum + ledger.total, this.#futures);
    if (when === 'all') return ended === total && this.#jobs.every(ledger => ledger.isOver);
    return ended >= (when === 'any' ? Math.min(1, total) : Math.ceil((total * when) / 100));
  }
}

/** Makes its two lists only when asked: nobody who just waits pays for the futures of a million tasks. */
class Partition implements WaitResult {
  readonly #targets: readonly Target[];
  #lists: WaitResult | undefined;

  constructor(targets: readonly Target[]) {
    this.#targets = targets;
  }

  get done(): readonly TaskFuture<unknown>[] {
    return this.#split().done;
  }

  get pending(): readonly TaskFuture<unknown>[] {
    return this.#split().pending;
  }

  #split(): WaitResult {
    if (this.#lists !== undefined) return this.#lists;
    const done: TaskFuture<unknown>[] = [];
    const pending: TaskFuture<unknown>[] = [];
    for (const target of this.#targets) {
      for (const future of futuresOf(target)) (future.isDecided ? done : pending).push(future);
    }
    this.#lists = { done, pending };
    return this.#lists;
  }
}

function* futuresOf(target: Target): Generator<Future<unknown>> {
  if (target instanceof Future) yield target;
  else if (target instanceof JobView) {
    for (let index = 0; index < target.ledger.total; index++) yield target.future(index);
  } else {
    yield* futuresOf(target.job);
    yield* futuresOf(target.reduceJob);
  }
}
