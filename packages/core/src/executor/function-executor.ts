import { MegalithError } from '@megalith/agent';
import { parseSize } from '../config/size.js';
import { codeHashOf } from '../placement/history/code-hash.js';
import { ExecutorStorage } from '../pointers/executor-storage.js';
import { stopBundler } from '../ship/bundler.js';
import { type Grouping, startGroupByKey } from '../shuffle/grouping.js';
import type { GroupKey } from '../shuffle/key-code.js';
import type { Pairs } from '../shuffle/map-to-runs.js';
import type { ShuffleDesk } from '../shuffle/shuffling.js';
import type { ShuffleOptions, SortOptions } from '../shuffle/sort-options.js';
import { type Sorting, startSort } from '../shuffle/sorting.js';
import { BackendChoice } from './backend-choice.js';
import { closed, refused } from './closed-executor.js';
import { type Call, type CollectOptions, collectCalls, getResult, type PartOf, type ResultOf } from './collect.js';
import type { ExecutorOptions, PlanOptions } from './executor-options.js';
import type { Items } from './input.js';
import { newJobId } from './job-id.js';
import { jobSettings, withDefaults } from './job-settings.js';
import type { JobView } from './job-view.js';
import { type Launch, launch } from './launch.js';
import { type MapReduceOptions, startMapReduce } from './map-reduce.js';
import { askBackends } from './placing/ask-backends.js';
import { describeJob } from './placing/describe-job.js';
import { PlacingDesk } from './placing/placing-desk.js';
import type { Reduction } from './reduction.js';
import type { Waitable } from './target.js';
import type {
  CommandOptions,
  CommandResult,
  FunctionOptions,
  Job,
  JobOptions,
  Plan,
  TaskContext,
  TaskFunction,
  TaskFuture,
  WaitOptions,
} from './types.js';
import { type WaitResult, wait } from './wait.js';
import { commandName, commandWork, functionName, functionWork, preparedWork, workName } from './work.js';

/** Beyond the grace of its tasks, how long `close` waits for a cancelled job to say that it ended, milliseconds. */
const patienceMs = 10_000;

/**
 * Runs functions and commands as parallel tasks.
 *
 *     await using executor = new FunctionExecutor();
 *     const sizes = await executor.map(measure, paths, { memory: '2GiB' });
 *
 * An item is always one argument of the function, whatever it is; the second argument is the task's context.
 * Nothing about a call is thrown at once: a wrong option, too, is what awaiting its job rejects with.
 * An executor that is idle does not keep the process alive; `close()` (or leaving an `await using` block) ends all it runs.
 */
export class FunctionExecutor implements AsyncDisposable {
  readonly #options: ExecutorOptions;
  readonly #defaults: JobOptions;
  readonly #desk: PlacingDesk;
  /** Objects of stores: what tasks have put, and what they are to read. */
  readonly storage: ExecutorStorage;
  /** Running, or with results that nobody asked for yet. */
  readonly #jobs = new Set<JobView<unknown>>();
  readonly #uncollected = new Set<Call>();
  readonly #running = new Set<Promise<void>>();
  readonly #shuffleDesk: ShuffleDesk;
  #longestGraceMs = 0;
  #closing: Promise<void> | undefined;

  /** @throws MegalithError USAGE */
  constructor(options: ExecutorOptions = {}) {
    const { backend = 'auto', slots, memory, home, hosts, defaults = {} } = options;
    const isGiven = typeof backend === 'object' && 'offers' in backend;
    if (isGiven && (slots ?? memory ?? hosts) !== undefined) {
      throw usage('"slots", "memory" and "hosts" are for backends given by name', 'give them to the backend itself');
    }
    if (slots !== undefined && !(Number.isInteger(slots) && slots > 0)) {
      throw usage(`"slots" must be a whole number above 0, not ${slots}`, 'leave it out for one a processor');
    }
    this.#options = options;
    this.#defaults = defaults;
    const backends = new BackendChoice(backend, {
      ...(slots === undefined ? {} : { slots }),
      ...(memory === undefined ? {} : { memoryBytes: parseSize(memory) }),
      ...(home === undefined ? {} : { home }),
      ...(hosts === undefined ? {} : { hosts }),
      ...(options.prices === undefined ? {} : { prices: options.prices }),
      ...(options.at === undefined ? {} : { at: options.at }),
    });
    const { at } = options;
    this.#desk = new PlacingDesk({
      backends,
      ...(home === undefined ? {} : { home }),
      ...(at === undefined ? {} : { at }),
      warn,
    });
    this.#shuffleDesk = { start: what => this.#launch(what), home: this.#desk.home, open: new Set() };
    this.storage = new ExecutorStorage({
      stores: this.#desk.stores,
      config: () => this.#desk.config(),
      home: this.#desk.home,
      running: () => new Set([...this.#jobs].filter(job => !job.ledger.isOver).map(job => job.id)),
    });
  }

  /** Runs a function once. */
  callAsync<I, O>(fn: TaskFunction<I, O>, item: I, options: FunctionOptions = {}): TaskFuture<O> {
    const settings = withDefaults(options, this.#defaults);
    const job = this.#call<O>({
      name: settings.name ?? functionName(fn),
      items: [item],
      options: settings,
      prepare: () => functionWork(fn, settings),
      isSingle: true,
    });
    return job.future(0);
  }

  /** Runs a function once for each item. Items are read as tasks are sent, so that an input may be longer than memory. */
  map<I, O>(fn: TaskFunction<I, O>, items: Items<I>, options: FunctionOptions = {}): Job<O> {
    const settings = withDefaults(options, this.#defaults);
    return this.#call<O>({
      name: settings.name ?? functionName(fn),
      items,
      options: settings,
      prepare: () => functionWork(fn, settings),
    });
  }

  /**
   * Maps, then folds what the maps gave: `reduce` gets an array of their values in input order.
   * With `reduceBy`, each key's values are reduced by themselves as soon as they are all there, and the result is a Map by key.
   */
  mapReduce<I, O, R, K>(
    fn: TaskFunction<I, O>,
    items: Items<I>,
    reduce: TaskFunction<O[], R>,
    options: MapReduceOptions<I, K> & { readonly reduceBy: (item: I, index: number) => K },
  ): Reduction<O, Map<K, R>>;
  mapReduce<I, O, R>(
    fn: TaskFunction<I, O>,
    items: Items<I>,
    reduce: TaskFunction<O[], R>,
    options?: MapReduceOptions<I>,
  ): Reduction<O, R>;
  mapReduce<I, O>(
    fn: TaskFunction<I, O>,
    items: Items<I>,
    reduce: TaskFunction<O[], unknown>,
    options: MapReduceOptions<I, unknown> = {},
  ): Reduction<O, unknown> {
    const settings = withDefaults(options, this.#defaults);
    const start = <T>(what: Launch): JobView<T> => this.#launch<T>(what);
    const reduction = startMapReduce<O, unknown>(fn, items, reduce, settings, start, () =>
      this.#uncollected.delete(reduction),
    );
    this.#uncollected.add(reduction);
    return reduction;
  }

  /**
   * Groups what `fn` gives of all items, pairs of key and value, by key, and calls `reduce` once for each key with all its values in input order.
   * Neither all keys nor the values of one need fit into memory: `values` are read as they are asked for, once. Everything runs on this machine.
   */
  groupByKey<I, K extends GroupKey, V, R>(
    fn: TaskFunction<I, Pairs<K, V>>,
    items: Items<I>,
    reduce: (key: K, values: Iterable<V>, context: TaskContext) => R | PromiseLike<R>,
    options: ShuffleOptions = {},
  ): Grouping<K, R> {
    return startGroupByKey<K, R>(fn, items, reduce, withDefaults(options, this.#defaults), this.#shuffleDesk);
  }

  /** Sorts lines into a file: of files of this machine (a path, or several), of parts of data, or of any items with `read`. They need not fit into memory. */
  sort<I>(source: string | Items<I>, options: SortOptions<I>): Sorting {
    return startSort(source, withDefaults(options, this.#defaults), this.#shuffleDesk);
  }

  /** Runs a command once for each item: an argument vector, or a line for the shell in which items are safely quoted; `{}` stands for the item. */
  command(
    template: readonly string[] | string,
    items: Items<unknown>,
    options: CommandOptions = {},
  ): Job<CommandResult> {
    const settings = withDefaults(options, this.#defaults);
    return this.#call<CommandResult>({
      name: settings.name ?? commandName(template),
      items,
      options: settings,
      prepare: () => commandWork(template, settings),
      isCommand: true,
    });
  }

  /** Runs one command, as it stands: `{}` in it is nothing special. */
  run(command: readonly string[] | string, options: CommandOptions = {}): TaskFuture<CommandResult> {
    const settings = withDefaults(options, this.#defaults);
    const job = this.#call<CommandResult>({
      name: settings.name ?? commandName(command),
      items: [undefined],
      options: settings,
      prepare: () => commandWork(command, settings),
      isCommand: true,
      isSingle: true,
    });
    return job.future(0);
  }

  /** As the function `wait`; of all calls of this executor whose results nobody asked for yet, unless told which. */
  wait(waitables?: Waitable | Iterable<Waitable>, options?: WaitOptions): Promise<WaitResult> {
    return wait(waitables ?? [...this.#uncollected], options);
  }

  /**
   * As the function `getResult`. Unless told of what: of all calls of this executor whose results nobody asked for yet, as one
   * list in the order of the calls; a single `callAsync`, `run` or `mapReduce` gives its value.
   */
  getResult(waitables?: undefined, options?: CollectOptions): Promise<unknown>;
  getResult<T extends Waitable>(target: T, options?: CollectOptions): Promise<ResultOf<T>>;
  getResult<T extends Waitable>(targets: Iterable<T>, options?: CollectOptions): Promise<PartOf<T>[]>;
  getResult(waitables?: Waitable | Iterable<Waitable>, options: CollectOptions = {}): Promise<unknown> {
    return waitables === undefined
      ? collectCalls([...this.#uncollected], options)
      : getResult(waitables as Iterable<Waitable>, options);
  }

  /**
   * Where a job with these options would go, and why; asks every place, and starts nothing.
   * @throws MegalithError USAGE, CONFIG; what the only place says
   */
  async plan(options: PlanOptions = {}): Promise<Plan> {
    const { tasks: taskCount, work, ...own } = options;
    const given = withDefaults(own, this.#defaults);
    const settings = jobSettings(given);
    if (this.#closing !== undefined) throw closed('plan');
    const name = given.name ?? (work === undefined ? 'plan' : workName(work));
    const prepared = work === undefined ? undefined : await preparedWork(work, given);
    const shared = prepared?.shared ?? [];
    const facts = { id: newJobId(), name, settings, taskCount, inherited: async () => [], shared };
    const codeHash = prepared === undefined ? undefined : codeHashOf(prepared.work);
    const [{ policy }, backends, job] = await Promise.all([
      this.#desk.config(),
      this.#desk.choosable(settings.wants),
      describeJob(facts, codeHash, this.#desk),
    ]);
    const { plan } = await askBackends(job, backends, policy, true);
    return plan;
  }

  /** The jobs that run, and those whose results nobody asked for yet, in the order of the calls. Journals remember the others. */
  jobs(): readonly Job<unknown>[] {
    return [...this.#jobs];
  }

  /** Cancels everything that runs, and settles when it is gone. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    for (const job of this.#jobs) job.cancel('its executor was closed');
    await this.#allOver(this.#longestGraceMs + patienceMs);
    await Promise.all([...this.#shuffleDesk.open].map(each => each.close()));
    await this.#desk.close();
    await this.#allOver(patienceMs);
    // Executors that go on start it again with their next new function.
    await stopBundler();
  }

  /** Waits for what runs, but not for ever: a backend that lost its jobs is still to be closed. */
  async #allOver(limitMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>(resolve => {
      timer = setTimeout(resolve, limitMs);
    });
    await Promise.race([Promise.all(this.#running), limit]);
    clearTimeout(timer);
  }

  #call<O>(what: Launch): JobView<O> {
    const job = this.#launch<O>(what);
    this.#uncollected.add(job);
    return job;
  }

  #launch<O>(what: Launch): JobView<O> {
    const { job, graceMs, over } = launch<O>(this.#closing === undefined ? what : refused(what), {
      desk: this.#desk,
      onEvent: this.#options.onEvent,
      onCollected: collected => {
        this.#uncollected.delete(collected);
        this.#forgetIfDone(collected);
      },
    });
    this.#jobs.add(job);
    this.#longestGraceMs = Math.max(this.#longestGraceMs, graceMs);
    const running = over.then(() => {
      this.#running.delete(running);
      this.#forgetIfDone(job);
    });
    this.#running.add(running);
    return job;
  }

  #forgetIfDone(job: JobView<unknown>): void {
    if (job.ledger.isOver && job.isCollected) this.#jobs.delete(job);
  }
}

function warn(message: string): void {
  process.emitWarning(message, 'MegalithWarning');
}

function usage(message: string, hint: string): MegalithError {
  return new MegalithError('USAGE', message, { hint });
}
