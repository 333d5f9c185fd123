import { MegalithError } from '@megalith/agent';
import type { ExecutorOptions } from './executor-options.js';
import { FunctionExecutor } from './function-executor.js';
import type { Items } from './input.js';
import { originalError } from './task-error.js';
import type { FunctionOptions, Job, TaskFuture } from './types.js';
import { wait } from './wait.js';

/**
 * Worker processes in the manner of Python's `multiprocessing.Pool`. Functions get their arguments and nothing else.
 * What Python's pool blocks for is a promise here, and rejects with what the function itself threw; the forms in `…Async` give a job
 * or a future at once, whose errors carry that as their `cause`.
 *
 *     await using pool = new Pool(4);
 *     const areas = await pool.starmap((width: number, height: number) => width * height, [[1, 2], [3, 4]]);
 */
export class Pool implements AsyncDisposable {
  readonly #executor: FunctionExecutor;
  #isClosed = false;

  /** @param processes tasks at once; one a processor where left out */
  constructor(processes?: number, options: Omit<ExecutorOptions, 'slots'> = {}) {
    this.#executor = new FunctionExecutor({ ...options, ...(processes === undefined ? {} : { slots: processes }) });
  }

  /** `fn(item)` for each item; the values in input order. */
  async map<I, O>(fn: (item: I) => O | PromiseLike<O>, items: Items<I>, options?: FunctionOptions): Promise<O[]> {
    return original(this.mapAsync(fn, items, options));
  }

  mapAsync<I, O>(fn: (item: I) => O | PromiseLike<O>, items: Items<I>, options?: FunctionOptions): Job<O> {
    return this.#open().map((item: I) => fn(item), items, { name: nameOf(fn), ...options });
  }

  /** `fn(...arguments)` for each list of arguments; the values in input order. */
  async starmap<A extends readonly unknown[], O>(
    fn: (...args: A) => O | PromiseLike<O>,
    argumentLists: Items<A>,
    options?: FunctionOptions,
  ): Promise<O[]> {
    return original(this.starmapAsync(fn, argumentLists, options));
  }

  starmapAsync<A extends readonly unknown[], O>(
    fn: (...args: A) => O | PromiseLike<O>,
    argumentLists: Items<A>,
    options?: FunctionOptions,
  ): Job<O> {
    return this.#open().map((args: A) => fn(...args), argumentLists, { name: nameOf(fn), ...options });
  }

  /** As `map`, value by value in input order; items are read as tasks are sent. */
  imap<I, O>(
    fn: (item: I) => O | PromiseLike<O>,
    items: Items<I>,
    options?: FunctionOptions,
  ): AsyncIterableIterator<O> {
    return inInputOrder(this.mapAsync(fn, items, options));
  }

  /** As `imap`, in the order of completion. */
  imapUnordered<I, O>(
    fn: (item: I) => O | PromiseLike<O>,
    items: Items<I>,
    options?: FunctionOptions,
  ): AsyncIterableIterator<O> {
    return inOrderOfCompletion(this.mapAsync(fn, items, options));
  }

  /** `fn(...args)`, once. */
  async apply<A extends readonly unknown[], O>(
    fn: (...args: A) => O | PromiseLike<O>,
    args: A,
    options?: FunctionOptions,
  ): Promise<O> {
    return original(this.applyAsync(fn, args, options));
  }

  applyAsync<A extends readonly unknown[], O>(
    fn: (...args: A) => O | PromiseLike<O>,
    args: A,
    options?: FunctionOptions,
  ): TaskFuture<O> {
    return this.#open().callAsync((list: A) => fn(...list), args, { name: nameOf(fn), ...options });
  }

  /** Takes no more work; what was given goes on. */
  close(): void {
    this.#isClosed = true;
  }

  /** Cancels all work; settles when it is gone. */
  async terminate(): Promise<void> {
    this.close();
    await this.#executor.close();
  }

  /** After `close`: waits until all work has ended, and lets the processes go. @throws MegalithError USAGE on an open pool */
  async join(): Promise<void> {
    if (!this.#isClosed)
      throw new MegalithError('USAGE', 'the pool is open', { hint: 'call close() or terminate() first' });
    await wait(this.#executor.jobs());
    await this.#executor.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.terminate();
  }

  /** @throws MegalithError USAGE */
  #open(): FunctionExecutor {
    if (this.#isClosed) throw new MegalithError('USAGE', 'the pool was closed', { hint: 'make a new pool' });
    return this.#executor;
  }
}

async function original<T>(result: PromiseLike<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    throw originalError(error);
  }
}

async function* inOrderOfCompletion<O>(job: Job<O>): AsyncGenerator<O, void, undefined> {
  for await (const outcome of job.outcomes()) {
    if (outcome.status !== 'done') throw originalError(outcome.error);
    yield outcome.value;
  }
}

async function* inInputOrder<O>(job: Job<O>): AsyncGenerator<O, void, undefined> {
  /** Ended before their turn. */
  const early = new Map<number, () => O>();
  let turn = 0;
  for await (const outcome of job.outcomes()) {
    early.set(outcome.index, () => {
      if (outcome.status !== 'done') throw originalError(outcome.error);
      return outcome.value;
    });
    for (let next = early.get(turn); next !== undefined; next = early.get(turn)) {
      early.delete(turn);
      turn += 1;
      yield next();
    }
  }
}

function nameOf(fn: { readonly name: string }): string {
  return fn.name || 'anonymous';
}
