import { type AttemptStats, decodeValue, encodeThrown, type Failure, type TaskEvent } from '@megalith/agent';
import type {
  Backend,
  BackendJob,
  Candidate,
  JobRequest,
  JobRun,
  TaskEvents,
  TaskInput,
} from '../../backends/backend.js';
import { hereCandidate } from '../../placement/testing/candidates.js';
import { epochNow } from '../clock.js';
import { Promised } from '../promised.js';

/** What the task does: a value, a promise, or a throw. It may be told of its cancellation. */
export type FakeTask = (task: FakeContext) => unknown;

export interface FakeContext extends TaskInput {
  readonly job: BackendJob;
  readonly signal: AbortSignal;
  log(text: string): void;
}

export interface FakeOptions {
  readonly name?: string;
  /** Tasks at once. */
  readonly slots?: number;
  /** What its one candidate is, where that matters. */
  readonly candidate?: Partial<Candidate>;
  /** Why it takes no job. */
  readonly rejected?: Candidate['rejected'];
  readonly onClose?: () => void;
}

/** Thrown by a fake task to end with exactly this failure. */
export class FakeFailure extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

export interface FakeBackend extends Backend {
  readonly jobs: readonly BackendJob[];
  /** Tasks that were taken, of all jobs. */
  readonly taken: readonly TaskInput[];
  /** Tasks that run. */
  readonly running: number;
  readonly mostRunning: number;
  /** So often it was asked for offers. */
  readonly asked: number;
  /** Makes all jobs that run fail as a whole. */
  breakDown(error: unknown): void;
}

/** A backend in this process: real queues and events, and tasks that do what a test says. */
export function createFakeBackend(script: FakeTask = () => undefined, options: FakeOptions = {}): FakeBackend {
  const { name = 'fake', slots = 4, rejected, candidate = {} } = options;
  const runs = new Set<FakeRun>();
  const state = { jobs: [] as BackendJob[], taken: [] as TaskInput[], running: 0, mostRunning: 0, asked: 0 };
  return {
    name,
    get jobs() {
      return state.jobs;
    },
    get taken() {
      return state.taken;
    },
    get running() {
      return state.running;
    },
    get asked() {
      return state.asked;
    },
    get mostRunning() {
      return state.mostRunning;
    },
    async offers(_job: JobRequest) {
      const place = hereCandidate({
        backend: name,
        description: `the ${name} backend`,
        cpus: slots,
        usableMemoryBytes: 2 ** 40,
        slots,
        ...candidate,
      });
      state.asked += 1;
      return [rejected === undefined ? place : { ...place, rejected }];
    },
    run(job: BackendJob): JobRun {
      state.jobs.push(job);
      const run = new FakeRun(job, script, slots, state, `${name}-machine`);
      runs.add(run);
      return run;
    },
    async close() {
      options.onClose?.();
      for (const run of runs) run.cancel('closed');
      await Promise.all([...runs].map(run => run.over.promise));
    },
    breakDown(error: unknown) {
      for (const run of runs) run.breakDown(error);
    },
  };
}

class FakeRun implements JobRun {
  readonly machine: string;
  readonly over = new Promised<void>();
  readonly events: AsyncIterable<TaskEvents>;
  readonly #job: BackendJob;
  readonly #script: FakeTask;
  readonly #slots: number;
  readonly #state: { readonly taken: TaskInput[]; running: number; mostRunning: number };
  readonly #running = new Map<number, AbortController>();
  #batch: TaskEvent[] = [];
  #news = new Promised<void>();
  #breakdown: { readonly error: unknown } | undefined;

  constructor(
    job: BackendJob,
    script: FakeTask,
    slots: number,
    state: { readonly taken: TaskInput[]; running: number; mostRunning: number },
    machine: string,
  ) {
    this.#job = job;
    this.#script = script;
    this.#slots = slots;
    this.#state = state;
    this.machine = machine;
    this.events = this.#play();
  }

  cancel(reason: string, indexes: readonly number[] = [...this.#running.keys()]): void {
    for (const index of indexes) {
      const controller = this.#running.get(index);
      if (controller === undefined) continue;
      controller.abort(reason);
      this.#end(index, { failure: { code: 'CANCELLED', message: `cancelled: ${reason}` } });
    }
  }

  breakDown(error: unknown): void {
    this.#breakdown = { error };
    this.#tell();
  }

  async *#play(): AsyncGenerator<TaskEvents> {
    const { tasks } = this.#job;
    let hasEnded = false;
    try {
      for (;;) {
        if (this.#breakdown !== undefined) throw this.#breakdown.error;
        // A real backend tells its host that the end has come, and can send nothing after that.
        hasEnded ||= tasks.ended;
        if (!hasEnded) for (const task of tasks.take(this.#slots - this.#running.size)) this.#start(task);
        if (this.#batch.length > 0) {
          const batch = this.#batch;
          this.#batch = [];
          yield batch;
          continue;
        }
        if (tasks.ended && this.#running.size === 0) return;
        const isFull = this.#running.size >= this.#slots;
        await Promise.race([this.#news.promise, ...(isFull || tasks.ended ? [] : [tasks.ready()])]);
        this.#news = new Promised();
      }
    } finally {
      this.over.resolve();
    }
  }

  #start(task: TaskInput): void {
    const { index, attempt } = task;
    const controller = new AbortController();
    this.#state.taken.push(task);
    this.#running.set(index, controller);
    this.#state.running += 1;
    this.#state.mostRunning = Math.max(this.#state.mostRunning, this.#state.running);
    this.#batch.push({ type: 'started', job: 0, index, attempt, at: epochNow(), slot: 0 });
    const log = (text: string): void => {
      this.#batch.push({ type: 'log', job: 0, index, attempt, stream: 'stdout', offset: 0, bytes: Buffer.from(text) });
    };
    const isMine = (): boolean => this.#running.get(index) === controller;
    const fail = (error: unknown): void => {
      if (isMine()) this.#end(index, { failure: error instanceof FakeFailure ? error.failure : threw(error) }, attempt);
    };
    try {
      const value = this.#script({ ...task, job: this.#job, signal: controller.signal, log });
      if (value instanceof Promise) {
        value.then(result => isMine() && this.#end(index, { value: result }, attempt), fail);
      } else if (isMine()) {
        this.#end(index, { value }, attempt);
      }
    } catch (error) {
      fail(error);
    }
  }

  #end(index: number, end: { readonly value: unknown } | { readonly failure: Failure }, attempt?: number): void {
    this.#running.delete(index);
    this.#state.running -= 1;
    const tried = attempt ?? this.#state.taken.findLast(task => task.index === index)!.attempt;
    const type = 'failure' in end ? ('failed' as const) : ('done' as const);
    this.#batch.push({ type, job: 0, index, attempt: tried, ...end, stats: fakeStats(index) } as TaskEvent);
    this.#tell();
  }

  #tell(): void {
    this.#news.resolve();
  }
}

type Loaded = Promise<(item: unknown, context: unknown) => unknown>;

/** A fake task that runs the function that its job shipped, in this process. */
export function runShipped(): FakeTask {
  const loaded = new Map<string, Loaded>();
  return async ({ job, ...task }) => {
    if (job.work.kind !== 'function') throw new Error(`${job.name} is no function`);
    const { hash, code, captured } = job.work.bundle;
    const key = `${hash} ${Buffer.from(captured).toString('latin1')}`;
    if (!loaded.has(key)) loaded.set(key, load(code, captured));
    const fn = await loaded.get(key)!;
    return fn(task.item, task);
  };
}

async function load(code: string, captured: Uint8Array): Loaded {
  const bundle = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  return bundle.default(decodeValue(captured));
}

function threw(error: unknown): Failure {
  return { code: 'THREW', message: String(error), thrown: encodeThrown(error, () => true) };
}

export function fakeStats(index: number): AttemptStats {
  const now = epochNow();
  return {
    workerStartedAt: now - 10,
    startedAt: now - 2,
    endedAt: now,
    inputMs: 0.25,
    outputMs: 0.5,
    coldStart: index === 0,
    cpuUserMs: 1.5,
    bytesIn: 8,
    bytesOut: 16,
    slot: 1,
  };
}
