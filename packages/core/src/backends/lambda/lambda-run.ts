import type { Failure, TaskEvent } from '@megalith/agent';
import { EventQueue } from '../agent/event-queue.js';
import { unfitFailure } from '../agent/task-sender.js';
import type { BackendJob, JobRun, TaskEvents } from '../backend.js';
import type { CallCaller, CalledTasks } from './call-caller.js';
import { CallQueue } from './call-queue.js';
import { average, callSize } from './call-size.js';
import { type CallTask, callTask } from './call-tasks.js';
import { verdictOf } from './call-verdict.js';

/** Items of tasks that share a call are so large together at most. */
const sharedCallBytes = 2 ** 20;
/** What calls that are out hold in this program at most: the next waits for one of them. */
const mostBytesOut = 256 * 2 ** 20;
/** Tasks are taken so many at a time: nobody knows how large they are before. */
const takenAtOnce = 16;
/** A call that is out for so long is told of; of a shorter one the first news is its end. */
const startedAfterMs = 250;

interface OpenCall {
  readonly tasks: readonly CallTask[];
  readonly bytes: number;
  readonly abort: AbortController;
  /** Since when it is with AWS. */
  sentAt: number | undefined;
}

/** One job on its way through calls of a function. */
export class LambdaRun implements JobRun {
  readonly #job: BackendJob;
  readonly #caller: CallCaller;
  readonly #events = new EventQueue<TaskEvents>();
  readonly #waiting = new CallQueue();
  /** Tasks that were taken and have not had their last event. */
  readonly #open = new Map<number, CallTask>();
  readonly #calls = new Set<OpenCall>();
  /** Attempts that were told to have started, by their tasks. */
  readonly #told = new Map<number, number>();
  readonly #sandboxes = new WeakMap<TaskEvents, string>();
  readonly #onOver: () => void;
  readonly #endings: (() => void)[] = [];
  #bytesOut = 0;
  #taskMs: number | undefined;
  #resultBytes = 0;
  #largestCall = 0;
  #isWatching = false;
  /** Nothing new begins. */
  #isHalted = false;
  #isOver = false;

  /** @param onOver nothing of it runs here any more */
  constructor(job: BackendJob, caller: CallCaller, onOver: () => void) {
    this.#job = job;
    this.#caller = caller;
    this.#onOver = onOver;
  }

  get events(): AsyncIterable<TaskEvents> {
    return this.#events;
  }

  get machine(): string {
    return this.#caller.place;
  }

  machineOf(events: TaskEvents): string | undefined {
    return this.#sandboxes.get(events);
  }

  costUsd(): number {
    const now = Date.now();
    let usd = this.#caller.costUsd;
    for (const { sentAt } of this.#calls)
      if (sentAt !== undefined) usd += this.#caller.usdOf(Math.max(0, now - sentAt));
    return usd;
  }

  /** Begins to take tasks. */
  start(): void {
    if (this.#isOver) return;
    this.#endings.push(this.#caller.onRoom(() => this.#advance()));
    const timer = setInterval(() => this.#tellStarted(), startedAfterMs);
    this.#endings.push(() => clearInterval(timer));
    this.#advance();
  }

  /** The functions of cancelled tasks run on to their end: AWS knows no other. What they give is not waited for. */
  cancel(reason: string, indexes?: readonly number[]): void {
    if (this.#isOver) return;
    if (indexes === undefined) this.#isHalted = true;
    const unwanted = indexes === undefined ? [...this.#open.values()] : indexes.flatMap(i => this.#open.get(i) ?? []);
    const isUnwanted = new Set(unwanted.map(task => task.index));
    this.#waiting.remove(task => isUnwanted.has(task.index));
    for (const task of unwanted) this.#open.delete(task.index);
    if (unwanted.length > 0) this.#events.push(unwanted.map(task => failed(task, cancelled(reason))));
    for (const call of this.#calls) {
      if (call.tasks.every(task => this.#open.get(task.index) !== task)) call.abort.abort();
    }
    if (indexes === undefined) this.#end();
    else this.#advance();
  }

  /** The job as a whole cannot go on. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#finish();
    this.#events.fail(error);
  }

  #advance(): void {
    if (this.#isOver) return;
    try {
      while (!this.#isHalted && this.#mayCall) {
        this.#take();
        const tasks = this.#waiting.next(this.#sizeOfCall(), sharedCallBytes);
        if (tasks.length === 0) break;
        this.#begin(tasks);
      }
      if (this.#job.tasks.ended && this.#open.size === 0) this.#end();
      else if (!this.#isHalted && this.#mayCall) this.#watch();
    } catch (error) {
      this.fail(error);
    }
  }

  get #mayCall(): boolean {
    return this.#caller.free > 0 && this.#bytesOut < mostBytesOut;
  }

  /** As many tasks as the calls that are free could have, and as this program has room for. */
  #take(): void {
    const most = this.#caller.free * Math.max(1, this.#sizeOfCall(Number.POSITIVE_INFINITY));
    const unfit: TaskEvent[] = [];
    while (this.#waiting.length < most && this.#waiting.bytes + this.#bytesOut < mostBytesOut) {
      if (this.#job.tasks.ended) break;
      const inputs = this.#job.tasks.take(Math.min(takenAtOnce, most - this.#waiting.length));
      if (inputs.length === 0) break;
      for (const input of inputs) {
        try {
          const task = callTask(input);
          this.#open.set(task.index, task);
          this.#waiting.add(task);
        } catch (error) {
          unfit.push(failed(input, unfitFailure(error)));
        }
      }
    }
    if (unfit.length > 0) this.#events.push(unfit);
  }

  #sizeOfCall(queued = this.#waiting.length): number {
    return callSize({
      taskMs: this.#taskMs,
      resultBytes: this.#resultBytes,
      previous: this.#largestCall,
      queued,
      free: this.#caller.free,
      parallel: this.#caller.parallel,
    });
  }

  /** Hears once when the source may have more. */
  #watch(): void {
    if (this.#isWatching || this.#job.tasks.ended) return;
    this.#isWatching = true;
    void this.#job.tasks.ready().then(() => {
      this.#isWatching = false;
      this.#advance();
    });
  }

  #begin(tasks: readonly CallTask[]): void {
    const bytes = tasks.reduce((sum, task) => sum + task.bytes.length, this.#caller.preludeBytes);
    const call: OpenCall = { tasks, bytes, abort: new AbortController(), sentAt: undefined };
    this.#calls.add(call);
    this.#bytesOut += bytes;
    const onSent = (isOut: boolean): void => {
      call.sentAt = isOut ? Date.now() : undefined;
    };
    this.#caller
      .call(tasks, { signal: call.abort.signal, onSent })
      .then(
        called => this.#ended(call, called),
        (error: unknown) => this.fail(error),
      )
      .finally(() => {
        this.#calls.delete(call);
        this.#bytesOut -= bytes;
        this.#advance();
      });
  }

  #ended(call: OpenCall, called: CalledTasks | undefined): void {
    // From here on the caller has counted its cost.
    call.sentAt = undefined;
    if (this.#isOver || called === undefined) return;
    const { events, again, jobError } = verdictOf(called.outcome, call.tasks);
    if (jobError !== undefined) {
      this.fail(jobError);
      return;
    }
    // Neither those that were cancelled meanwhile, nor what the client sent again since.
    const wasOpen = new Set(call.tasks.filter(task => this.#open.get(task.index) === task).map(({ index }) => index));
    const news = events.filter(event => wasOpen.has(event.index) && !this.#wasTold(event));
    for (const task of again) {
      if (!wasOpen.has(task.index)) continue;
      this.#open.set(task.index, task);
      this.#waiting.addAgain(task);
    }
    for (const event of news) {
      if (!isLast(event)) continue;
      this.#open.delete(event.index);
      this.#told.delete(event.index);
    }
    this.#learn(call, news);
    if (news.length === 0) return;
    if (called.sandbox !== undefined) this.#sandboxes.set(news, called.sandbox);
    this.#events.push(news);
    if (this.#job.stopsOnFailure === true && this.#job.retry === undefined && news.some(isFailure))
      this.#isHalted = true;
  }

  #wasTold(event: TaskEvent): boolean {
    return event.type === 'started' && this.#told.get(event.index) === event.attempt;
  }

  #learn({ tasks }: OpenCall, news: TaskEvents): void {
    const done = news.filter(event => event.type === 'done');
    if (done.length === 0) return;
    let ms = 0;
    let bytes = 0;
    for (const { stats } of done) {
      ms += stats.endedAt - stats.startedAt + stats.inputMs + stats.outputMs;
      bytes += stats.bytesOut;
    }
    this.#taskMs = average(this.#taskMs, ms / done.length);
    this.#resultBytes = average(this.#resultBytes, bytes / done.length);
    this.#largestCall = Math.max(this.#largestCall, tasks.length);
  }

  #tellStarted(): void {
    const now = Date.now();
    const started: TaskEvent[] = [];
    for (const call of this.#calls) {
      const [task, ...others] = call.tasks;
      // Of tasks that share a call nobody knows which of them runs.
      if (task === undefined || others.length > 0 || this.#open.get(task.index) !== task) continue;
      if (call.sentAt === undefined || now - call.sentAt < startedAfterMs) continue;
      if (this.#told.get(task.index) === task.attempt) continue;
      this.#told.set(task.index, task.attempt);
      started.push({ type: 'started', job: 0, index: task.index, attempt: task.attempt, at: call.sentAt, slot: 0 });
    }
    if (started.length > 0) this.#events.push(started);
  }

  #end(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#events.end();
  }

  #finish(): void {
    this.#isOver = true;
    this.#open.clear();
    for (const { abort } of this.#calls) abort.abort();
    for (const ending of this.#endings.splice(0)) ending();
    this.#onOver();
  }
}

function failed({ index, attempt }: Pick<CallTask, 'index' | 'attempt'>, failure: Failure): TaskEvent {
  return { type: 'failed', job: 0, index, attempt, failure };
}

function cancelled(reason: string): Failure {
  return {
    code: 'CANCELLED',
    message: `cancelled: ${reason}`,
    hint: 'a function that has begun runs on to its end, and is paid for',
  };
}

function isLast(event: TaskEvent): boolean {
  return event.type === 'done' || (event.type === 'failed' && event.retrying !== true);
}

function isFailure(event: TaskEvent): boolean {
  return event.type === 'failed' && event.retrying !== true && event.failure.code !== 'CANCELLED';
}
