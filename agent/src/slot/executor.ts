import { types } from 'node:util';
import type { MessagePort } from 'node:worker_threads';
import { isMegalithError } from '../errors.js';
import { epochMs as now } from '../process/epoch-clock.js';
import { ByteWriter } from '../protocol/byte-writer.js';
import { encodeThrown } from '../protocol/error-codec.js';
import type { AttemptStats, Failure } from '../protocol/messages.js';
import { patchOutputMs, type TaskRef, writeDone, writeFailed, writeLog, writeProgress } from '../protocol/records.js';
import { readTasks, type TaskSpan } from '../protocol/tasks.js';
import { canTravel } from '../protocol/values.js';
import { takeTicket, ticketAfter } from './claims.js';
import { type LoadedJob, loadFailure, loadJob } from './loaded-job.js';
import { Outbox } from './outbox.js';
import { captureOutput } from './output-capture.js';
import type { SlotMemory } from './slot-memory.js';
import type { JobLoad, SharedView, ToExecutor } from './slot-messages.js';
import { type ContextActions, TaskContext } from './task-context.js';
import type { TaskMeter } from './task-meter.js';

export interface ExecutorOptions {
  /** The number that the job host knows the slot by. */
  readonly slot: number;
  readonly memory: SlotMemory;
  readonly port: MessagePort;
  readonly meter: TaskMeter;
  /** False in a thread, which has no working folder of its own. */
  readonly canChangeFolder: boolean;
}

/** Longest stretch of synchronous tasks before timers and messages of this thread get their turn. */
const turnMs = 10;
/** Longest piece of output in one record. */
const logPiece = 32 * 1024;

const futureBrand = Symbol.for('megalith.future');

/** Runs user code, one task at a time, on the thread that it was made on. */
export class Executor implements ContextActions {
  readonly #options: ExecutorOptions;
  readonly #outbox: Outbox;
  readonly #out = new ByteWriter();
  /** A task may print while its result is being written. */
  readonly #logOut = new ByteWriter();
  readonly #startedAt = now();
  readonly #jobs = new Map<number, LoadedJob>();
  readonly #shared = new Map<number, readonly SharedView[]>();
  readonly #batches: { readonly job: number; readonly ticket: number; readonly span: TaskSpan }[] = [];
  #loading: Promise<void> | undefined;
  #running = false;
  #entered: LoadedJob | undefined;
  #task: TaskRef | undefined;
  /** Whose output it is: what is printed between tasks comes from something that the last one left behind. */
  #printer: TaskRef | undefined;
  #ticket = -1;
  #context: TaskContext | undefined;
  #tasksBegun = 0;
  /** The clock's last reading: each costs as much as a small task, so the end of one task is the beginning of the next. */
  #readAt = 0;

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#outbox = new Outbox(options.memory, options.port);
  }

  start(): void {
    captureOutput((stream, bytes) => this.#log(stream, bytes));
    this.#options.port.on('message', (message: ToExecutor) => this.#receive(message));
    this.#outbox.send({ type: 'up', startedAt: this.#startedAt });
  }

  /** Number of tasks begun so far: an uncaught error in a slot that ran several may stem from any of them. */
  get tasksBegun(): number {
    return this.#tasksBegun;
  }

  /** True while a task waits for something; false between tasks. */
  get busy(): boolean {
    return this.#task !== undefined;
  }

  #receive(message: ToExecutor): void {
    switch (message.type) {
      case 'share':
        this.#shared.set(message.job, message.views);
        return;
      case 'load':
        this.#loading = this.#load(message.load);
        return;
      case 'forget':
        this.#jobs.delete(message.job);
        this.#shared.delete(message.job);
        return;
      case 'tasks': {
        const bytes = Buffer.from(message.bytes.buffer, message.bytes.byteOffset, message.bytes.byteLength);
        this.#batches.push({ ...readTasks(bytes), ticket: message.ticket });
        if (!this.#running) void this.#run();
        return;
      }
      case 'abort':
        if (this.#ticket === message.ticket) {
          this.#context?.abort(new DOMException(message.reason, 'AbortError'));
        }
    }
  }

  async #load(load: JobLoad): Promise<void> {
    this.#entered?.leave();
    this.#entered = undefined;
    try {
      const job = await loadJob(load, this.#shared.get(load.job) ?? [], this.#options.canChangeFolder);
      this.#jobs.set(load.job, job);
      this.#entered = job;
      this.#outbox.loaded(load.job);
    } catch (error) {
      this.#outbox.send({ type: 'loadFailed', job: load.job, failure: loadFailure(error) });
    }
  }

  async #run(): Promise<void> {
    this.#running = true;
    this.#readAt = now();
    let turnBegan = this.#readAt;
    for (let batch = this.#batches.shift(); batch !== undefined; batch = this.#batches.shift()) {
      // Tasks may come before their module is there; where it does not load, the host has been told and takes them back.
      await this.#loading;
      this.#readAt = now();
      const job = this.#jobs.get(batch.job);
      if (job === undefined) {
        for (let task = 0; task < batch.span.length; task++) {
          takeTicket(this.#options.memory.words, ticketAfter(batch.ticket, task));
        }
        continue;
      }
      if (this.#entered !== job) {
        this.#entered?.leave();
        job.enter();
        this.#entered = job;
      }
      for (let task = 0; task < batch.span.length; task++) {
        const ticket = ticketAfter(batch.ticket, task);
        // Before the ticket is taken: who sees it taken must not see when some earlier task began.
        this.#options.memory.startedAt = this.#readAt;
        if (!takeTicket(this.#options.memory.words, ticket)) break;
        this.#ticket = ticket;
        const pending = this.#runTask(batch.job, job, batch.span, task);
        if (pending !== undefined) await pending;
        this.#outbox.flushIfDue(this.#readAt);
        if (this.#readAt - turnBegan > turnMs) {
          await new Promise(resolve => setImmediate(resolve));
          this.#readAt = now();
          turnBegan = this.#readAt;
        }
      }
      this.#outbox.flush();
    }
    this.#running = false;
  }

  /** Runs one task; gives a promise only where the task itself does, for a synchronous task costs no turn of the event loop. */
  #runTask(jobNumber: number, job: LoadedJob, span: TaskSpan, position: number): Promise<void> | undefined {
    const task = { job: jobNumber, index: span.indexOf(position), attempt: span.attemptOf(position) };
    const receivedAt = this.#readAt;
    this.#tasksBegun++;
    this.#task = task;
    this.#printer = task;
    const context = new TaskContext(task, job, this);
    this.#context = context;
    this.#options.meter.begin(receivedAt);
    let startedAt = receivedAt;
    const begun = { task, receivedAt, startedAt, bytesIn: span.itemLengthOf(position) };
    try {
      const item = span.itemOf(position);
      if (typeof item === 'object' && item !== null) context.takePointers(item);
      startedAt = now();
      begun.startedAt = startedAt;
      this.#options.memory.startedAt = startedAt;
      const result = job.run(item, context);
      if (isThenable(result) || holdsFutures(result)) {
        // Results so far must not wait for this one.
        this.#outbox.flush();
        return settle(result).then(
          value => this.#done(begun, value),
          (error: unknown) => this.#threw(begun, error),
        );
      }
      this.#done(begun, result);
    } catch (error) {
      this.#threw(begun, error);
    }
    return undefined;
  }

  #done(begun: BegunTask, value: unknown): void {
    const stats = this.#stats(begun);
    try {
      const record = writeDone(this.#out, begun.task, stats, value);
      this.#readAt = now();
      patchOutputMs(this.#out, record, this.#readAt - stats.endedAt);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      writeFailed(this.#out, begun.task, { code: 'NOT_SERIALIZABLE', message, ...hintOf(error) }, stats);
    }
    this.#finish();
  }

  #threw(begun: BegunTask, thrown: unknown): void {
    const failure: Failure = {
      code: 'THREW',
      message: types.isNativeError(thrown) ? summary(thrown) : `threw ${inWords(thrown)}`,
      thrown: encodeThrown(thrown, canTravel),
    };
    writeFailed(this.#out, begun.task, failure, this.#stats(begun));
    this.#readAt = now();
    this.#finish();
  }

  #stats(begun: BegunTask): AttemptStats {
    const endedAt = now();
    return {
      workerStartedAt: this.#startedAt,
      startedAt: begun.startedAt,
      endedAt,
      inputMs: begun.startedAt - begun.receivedAt,
      outputMs: 0,
      coldStart: this.#tasksBegun === 1,
      bytesIn: begun.bytesIn,
      bytesOut: 0,
      slot: this.#options.slot,
      ...this.#options.meter.end(endedAt),
    };
  }

  #finish(): void {
    this.#task = undefined;
    this.#context?.end();
    this.#context = undefined;
    this.#outbox.put(this.#out);
  }

  log(task: TaskRef, text: string): void {
    if (this.#task === task) this.#log('stdout', Buffer.from(text));
  }

  progress(task: TaskRef, value: unknown): void {
    if (this.#task !== task) return;
    const out = new ByteWriter(256);
    writeProgress(out, task, value);
    this.#outbox.put(out);
    this.#outbox.flush();
  }

  #log(stream: 'stdout' | 'stderr', bytes: Uint8Array): void {
    const task = this.#printer;
    if (task === undefined) return;
    const out = this.#logOut;
    for (let at = 0; at < bytes.length; at += logPiece) {
      // The job host numbers the bytes, for it also sees what goes around JavaScript.
      writeLog(out, task, stream, 0, bytes.subarray(at, at + logPiece));
      this.#outbox.put(out);
    }
    this.#outbox.flush();
  }
}

interface BegunTask {
  readonly task: TaskRef;
  readonly receivedAt: number;
  startedAt: number;
  readonly bytesIn: number;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** A task may give futures of jobs that it started: its result is theirs. */
function isFuture(value: unknown): boolean {
  return typeof value === 'object' && value !== null && futureBrand in value;
}

function holdsFutures(value: unknown): value is unknown[] {
  return Array.isArray(value) && typeof value[0] === 'object' && value.some(isFuture);
}

async function settle(result: unknown): Promise<unknown> {
  const value = holdsFutures(result) ? await Promise.all(result) : await (result as PromiseLike<unknown>);
  return holdsFutures(value) ? Promise.all(value) : value;
}

function summary(error: Error): string {
  try {
    return `${error.name}: ${error.message}`;
  } catch {
    return 'an error whose message cannot be read';
  }
}

function inWords(thrown: unknown): string {
  try {
    return typeof thrown === 'string' ? JSON.stringify(thrown) : String(thrown);
  } catch {
    return Object.prototype.toString.call(thrown);
  }
}

function hintOf(error: unknown): { readonly hint?: string } {
  return isMegalithError(error) && error.hint !== undefined ? { hint: error.hint } : {};
}
