import type { AttemptStats, Failure, TaskEvent } from '@megalith/agent';
import {
  type BackendJob,
  cheapest,
  EventQueue,
  type JobRun,
  type TaskEvents,
  type TaskInput,
  type TaskSource,
  unknownProfile,
} from '@megalith/core';
import type { Place, SpreadClock } from './place.js';

export function statsOf(tookMs: number): AttemptStats {
  return {
    workerStartedAt: 0,
    startedAt: 1_000,
    endedAt: 1_000 + tookMs,
    inputMs: 0,
    outputMs: 0,
    coldStart: false,
    bytesIn: 0,
    bytesOut: 0,
    slot: 0,
  };
}

/** A source over the numbers from 0 that takes failures back for another try, as a job's feed does. */
export class NumberSource implements TaskSource {
  readonly taskCount: number;
  #next = 0;
  #open = 0;
  readonly #retries: TaskInput[] = [];
  #wake: (() => void) | undefined;
  #isStopped = false;

  constructor(count: number) {
    this.taskCount = count;
  }

  take(max: number): TaskInput[] {
    if (this.#isStopped) return [];
    const inputs = this.#retries.splice(0, max);
    while (inputs.length < max && this.#next < this.taskCount) {
      inputs.push({ index: this.#next, attempt: 1, item: this.#next++ });
    }
    this.#open += inputs.length;
    return inputs;
  }

  ready(): Promise<void> {
    if (this.ended || this.#retries.length > 0) return Promise.resolve();
    return new Promise(resolve => {
      const before = this.#wake;
      this.#wake = () => {
        before?.();
        resolve();
      };
    });
  }

  get ended(): boolean {
    if (this.#isStopped) return true;
    return this.#open === 0 && this.#retries.length === 0 && this.#next === this.taskCount;
  }

  settled(retry?: TaskInput): void {
    this.#open -= 1;
    if (retry !== undefined) this.#retries.push(retry);
  }

  stop(): void {
    this.#isStopped = true;
    this.refresh();
  }

  refresh(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}

export function jobOf(tasks: TaskSource, taskCount = tasks.taskCount): BackendJob {
  return {
    id: 'job-1',
    name: 'numbers',
    requirements: { cpus: 1, graceMs: 100 },
    tags: [],
    label: 'internal',
    goal: cheapest,
    profile: unknownProfile,
    taskCount,
    work: { kind: 'command', argv: ['true'], stdin: 'ignore' },
    shared: [],
    env: {},
    cwd: '/',
    tasks,
  };
}

type Act = (task: TaskInput, place: FakePlace) => void;

/** A machine that does as it is told: it takes tasks, and `onTask` says what becomes of each. */
export class FakePlace implements Place {
  readonly name: string;
  readonly slots: number;
  readonly out = new Map<number, TaskInput>();
  readonly ran: string[] = [];
  readonly asked: (readonly number[] | undefined)[] = [];
  taskCount = 0;
  hasEnded = false;
  heardAt?: () => number;
  readonly #onTask: Act;
  readonly #queue = new EventQueue<TaskEvents>();
  readonly #window: number;
  #isOver = false;

  constructor(name: string, slots: number, onTask: Act, window = 64) {
    this.name = name;
    this.slots = slots;
    this.#onTask = onTask;
    this.#window = window;
  }

  run(job: BackendJob): JobRun {
    void this.#serve(job.tasks);
    return {
      events: this.#queue,
      machine: `host-of-${this.name}`,
      cancel: (reason, indexes) => {
        this.asked.push(indexes);
        const failure: Failure = { code: 'CANCELLED', message: `cancelled: ${reason}` };
        for (const index of indexes ?? [...this.out.keys()]) if (this.out.has(index)) this.fail(index, failure);
      },
    };
  }

  done(index: number, tookMs = 1): void {
    const task = this.#end(index);
    this.tell({
      type: 'done',
      job: 1,
      index,
      attempt: task.attempt,
      value: `${index} by ${this.name}`,
      stats: statsOf(tookMs),
    });
  }

  fail(index: number, failure: Failure): void {
    this.tell({ type: 'failed', job: 1, index, attempt: this.#end(index).attempt, failure });
  }

  started(index: number): void {
    this.tell({ type: 'started', job: 1, index, attempt: this.out.get(index)!.attempt, at: 0, slot: 0 });
  }

  log(index: number, offset: number, text: string): void {
    const { attempt } = this.out.get(index)!;
    this.tell({ type: 'log', job: 1, index, attempt, stream: 'stdout', offset, bytes: Buffer.from(text) });
  }

  tell(...events: TaskEvent[]): void {
    if (!this.#isOver) this.#queue.push(events);
  }

  die(error: unknown): void {
    this.#isOver = true;
    this.out.clear();
    this.#queue.fail(error);
  }

  #end(index: number): TaskInput {
    const task = this.out.get(index)!;
    this.out.delete(index);
    return task;
  }

  async #serve(tasks: TaskSource): Promise<void> {
    while (!this.#isOver && !(tasks.ended && this.out.size === 0)) {
      const inputs = tasks.take(Math.max(0, this.#window - this.out.size));
      for (const task of inputs) {
        this.ran.push(`${task.index}/${task.attempt}`);
        this.out.set(task.index, task);
      }
      for (const task of inputs) this.#onTask(task, this);
      if (inputs.length === 0 && !tasks.ended)
        await Promise.race([tasks.ready(), new Promise(resolve => setImmediate(resolve))]);
      else await new Promise(resolve => setImmediate(resolve));
    }
    this.taskCount = tasks.taskCount;
    this.hasEnded = true;
    this.#queue.end();
  }
}

/** A clock that stands still until it is told to go on. */
export class FakeClock implements SpreadClock {
  #now = 0;
  readonly #timers = new Set<{ readonly at: number; readonly callback: () => void }>();

  now(): number {
    return this.#now;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.#now + delayMs, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = next.at;
      next.callback();
    }
    this.#now = end;
  }

  get waiting(): number {
    return this.#timers.size;
  }
}

/** Reads a run to its end, as the conductor does. */
export interface Reading {
  readonly events: TaskEvent[];
  readonly values: Map<number, unknown>;
  readonly failures: Map<number, Failure>;
  readonly end: Promise<unknown>;
}

/** @param attempts tries of each task in all */
export function read(run: JobRun, source: NumberSource, attempts = 1): Reading {
  const events: TaskEvent[] = [];
  const values = new Map<number, unknown>();
  const failures = new Map<number, Failure>();
  const finals = new Set<string>();
  const follow = async (): Promise<unknown> => {
    try {
      for await (const batch of run.events) {
        for (const event of batch) {
          events.push(event);
          if (event.type !== 'done' && event.type !== 'failed') continue;
          const key = `${event.index}/${event.attempt}`;
          if (finals.has(key)) throw new Error(`attempt ${key} has a second last event`);
          finals.add(key);
          if (event.type === 'done') values.set(event.index, event.value);
          else failures.set(event.index, event.failure);
          const again = event.type === 'failed' && event.attempt < attempts && event.failure.code !== 'CANCELLED';
          source.settled(again ? { index: event.index, attempt: event.attempt + 1, item: event.index } : undefined);
        }
        source.refresh();
      }
    } catch (error) {
      return error;
    }
    return undefined;
  };
  return { events, values, failures, end: follow() };
}

/** Waits for a condition. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise(resolve => setImmediate(resolve));
  }
}
