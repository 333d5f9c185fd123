import {
  type ClientMessage,
  frameType,
  type HostMessage,
  type JobSpec,
  type MachineInfo,
  type TaskEvent,
} from '@megalith/agent';
import type { BackendJob, JobRun, TaskEvents } from '../backend.js';
import { EventQueue } from './event-queue.js';
import { HeldEvents } from './held-events.js';
import { specOf } from './job-spec.js';
import { sharedPieces } from './shared-pieces.js';
import { TaskSender } from './task-sender.js';

/** What a durable run needs of the connections that carry it, one after another. */
export interface LastingWire {
  readonly isUp: boolean;
  /** Known once a first connection was made. */
  readonly machine: MachineInfo | undefined;
  /** Nothing is sent while there is no connection. */
  send(message: ClientMessage): void;
  sendFrame(type: typeof frameType.tasks | typeof frameType.shared, parts: readonly Uint8Array[]): Promise<void>;
  over(job: number): void;
  /** A number that no ping of this client had. */
  nextMark(): number;
}

type Accepted = HostMessage & { readonly type: 'accepted' };

/** Brings the job's files to the machine, once the job is there. */
export type BringFiles = (id: string) => Promise<void>;

export interface DurableOptions {
  /** The host tries failed tasks again by itself. */
  readonly hostRetries: boolean;
  readonly bringFiles?: BringFiles | undefined;
  /** Where tasks run unless the job says so. Empty: a folder of the job's own. */
  readonly folder: string;
  /** So many tasks run there at once at most. @defaultValue as many as fit */
  readonly slots?: number | undefined;
}

/** One job on its way through an agent that outlives the connection: what was sent is kept until it is on the far disk. */
export class DurableRun implements JobRun {
  readonly #number: number;
  readonly #job: BackendJob;
  readonly #wire: LastingWire;
  readonly #spec: JobSpec;
  readonly #bringFiles: BringFiles | undefined;
  readonly retriesTasks: boolean;
  readonly #queue = new EventQueue<TaskEvents>();
  readonly #held = new HeldEvents();
  readonly #sender: TaskSender;
  /** Frames that may not be on the far disk yet, oldest first. */
  #unkept: { readonly payload: Buffer; readonly count: number }[] = [];
  /** Of the tasks sent on this connection: those that are on the far disk, and left `#unkept`. */
  #keptTasks = 0;
  readonly #cancelled: (ClientMessage & { type: 'cancel' })[] = [];
  #seen = { events: 0, logs: 0 };
  #isAccepted = false;
  #isReturning = false;
  /** Counts the connections. */
  #epoch = 0;
  #isBringing = false;
  #isSenderDone = false;
  #filesAreReady = false;
  #hasEnded = false;
  #over = false;
  #failure: unknown;
  #onSteady: (() => void)[] = [];
  /** Who waits for the far side to have read all that was sent before a mark. */
  readonly #onPong = new Map<number, () => void>();

  constructor(number: number, job: BackendJob, wire: LastingWire, options: DurableOptions) {
    this.#number = number;
    this.#job = job;
    this.#wire = wire;
    this.#bringFiles = options.bringFiles;
    this.retriesTasks = options.hostRetries && job.retry !== undefined;
    this.#spec = {
      ...specOf(number, job, options.folder, this.retriesTasks),
      ...(this.retriesTasks && job.retry !== undefined ? { retry: job.retry } : {}),
      ...(options.bringFiles === undefined ? {} : { awaitsFiles: true }),
      ...(job.detached === true || job.taskCount !== undefined ? { takesAll: true } : {}),
      ...(options.slots === undefined ? {} : { slots: options.slots }),
    };
    this.#sender = new TaskSender(number, job.tasks, {
      onTaken: inputs => {
        for (const { index, attempt } of inputs) this.#give(this.#held.sent(index, attempt));
        this.#maybeEnd();
      },
      send: (payload, count) => this.#sendTasks(payload, count),
      onUnfit: events => this.#give(events),
    });
  }

  get events(): AsyncIterable<TaskEvents> {
    return this.#queue;
  }

  get machine(): string | undefined {
    return this.#wire.machine?.hostname;
  }

  /** True once the job was sent: the far side may have it, and go on without this client. */
  get wasSent(): boolean {
    return this.#epoch > 0;
  }

  get id(): string {
    return this.#spec.id;
  }

  /** There is a connection: the first, or another. */
  connected(): void {
    this.#epoch++;
    if (this.#epoch === 1) {
      this.#wire.send({ type: 'submit', spec: this.#spec, durable: true });
      // Asked before there was anyone to tell.
      for (const message of this.#cancelled) this.#wire.send(message);
      this.#send().catch((error: unknown) => this.fail(error));
      return;
    }
    this.#isReturning = true;
    this.#wire.send({ type: 'submit', spec: this.#spec, durable: true, seen: this.#seen });
  }

  accepted(message: Accepted): void {
    const isFirst = !this.#isAccepted;
    this.#isAccepted = true;
    if (message.filesReady) this.#filesAreReady = true;
    else if ((isFirst || this.#isReturning) && !this.#filesAreReady) this.#sendFiles();
    if (!this.#isReturning) return;
    this.#keptTasks = 0;
    this.#sender.reset();
    this.#sender.credit(message.tasks, message.bytes);
    this.#sendAgain(message.sharedBytes).catch((error: unknown) => this.fail(error));
  }

  kept(tasks: number): void {
    let kept = tasks - this.#keptTasks;
    let frames = 0;
    for (const { count } of this.#unkept) {
      if (count > kept) break;
      kept -= count;
      this.#keptTasks += count;
      frames++;
    }
    this.#unkept.splice(0, frames);
    this.#steady();
  }

  credit(tasks: number, bytes: number): void {
    this.#sender.credit(tasks, bytes);
  }

  entry(lane: 'events' | 'logs', end: number, records: Buffer): void {
    this.#seen[lane] = end;
    this.#give(this.#held.entry(lane, end, records));
    this.#maybeEnd();
  }

  pong(mark: number): void {
    this.#onPong.get(mark)?.();
    this.#onPong.delete(mark);
  }

  cancel(reason: string, indexes?: readonly number[]): void {
    if (this.#over) return;
    const message = {
      type: 'cancel',
      job: this.#number,
      reason,
      ...(indexes === undefined ? {} : { indexes }),
    } as const;
    this.#cancelled.push(message);
    this.#wire.send(message);
    if (indexes === undefined) this.#sender.stop();
  }

  /** The far side has said that the job is over. */
  end(): void {
    this.#hasEnded = true;
    this.#maybeEnd();
  }

  fail(error: unknown): void {
    this.#failure ??= error;
    this.#finish();
    this.#queue.fail(error);
  }

  /** Settles when the far side has everything that the job needs, and leaves it then; throws what the run failed with before. */
  async handOver(): Promise<void> {
    await this.#untilHandedOver();
    if (this.#failure !== undefined) throw this.#failure;
    this.#leave();
  }

  async #untilHandedOver(): Promise<void> {
    while (!this.#over) {
      if (
        this.#isSenderDone &&
        this.#unkept.length === 0 &&
        this.#isSteady &&
        (this.#filesAreReady || !this.#bringFiles)
      ) {
        const mark = this.#wire.nextMark();
        const isHeard = new Promise<void>(resolve => this.#onPong.set(mark, resolve));
        this.#wire.send({ type: 'ping', mark });
        await isHeard;
        return;
      }
      await new Promise<void>(resolve => this.#onSteady.push(resolve));
    }
  }

  #leave(): void {
    if (this.#over) return;
    this.#finish();
    this.#queue.end();
  }

  #maybeEnd(): void {
    // What waits for tasks that will never be sent is of another input.
    if (!this.#hasEnded || this.#over || (this.#held.hasEarly && !this.#isSenderDone)) return;
    this.#finish();
    this.#queue.end();
  }

  #finish(): void {
    this.#over = true;
    this.#wire.send({ type: 'release', job: this.#number });
    this.#sender.stop();
    this.#steady();
    for (const resolve of this.#onPong.values()) resolve();
    this.#wire.over(this.#number);
  }

  #give(events: readonly TaskEvent[]): void {
    if (events.length > 0) this.#queue.push(events);
  }

  get #isSteady(): boolean {
    return this.#wire.isUp && !this.#isReturning;
  }

  #steady(): void {
    for (const resolve of this.#onSteady.splice(0)) resolve();
  }

  /** Settles when there is a connection on which nothing has to be sent again first. */
  async #untilSteady(): Promise<void> {
    while (!this.#isSteady && !this.#over) await new Promise<void>(resolve => this.#onSteady.push(resolve));
  }

  async #send(): Promise<void> {
    await this.#sendShared([]);
    await this.#sender.run();
    await this.#untilSteady();
    this.#isSenderDone = true;
    this.#sendEnd();
    this.#maybeEnd();
    this.#steady();
  }

  #sendEnd(): void {
    if (!this.#over) this.#wire.send({ type: 'end', job: this.#number, taskCount: this.#job.tasks.taskCount });
  }

  async #sendTasks(payload: Buffer, count: number): Promise<void> {
    await this.#untilSteady();
    if (this.#over) return;
    // A connection may have come or gone since: what is sent out of turn would be counted as another frame.
    if (!this.#isSteady) return this.#sendTasks(payload, count);
    this.#unkept.push({ payload, count });
    await this.#wire.sendFrame(frameType.tasks, [payload]);
  }

  /** Sends the shared inputs from where the far side has them; stops where another connection takes over. */
  async #sendShared(from: readonly number[]): Promise<void> {
    const epoch = this.#epoch;
    for (const [position, { bytes }] of this.#job.shared.entries()) {
      if (bytes === undefined) continue;
      for (const piece of sharedPieces(this.#number, position, bytes, from[position] ?? 0)) {
        await this.#wire.sendFrame(frameType.shared, piece);
        if (this.#over || this.#epoch !== epoch) return;
      }
    }
  }

  /** Sends what the far side may not have got over the connection before. */
  async #sendAgain(shared: readonly number[]): Promise<void> {
    const epoch = this.#epoch;
    await this.#sendShared(shared);
    for (const { payload, count } of [...this.#unkept]) {
      if (this.#over || this.#epoch !== epoch || !this.#wire.isUp) return;
      this.#sender.spent(count, payload.length);
      await this.#wire.sendFrame(frameType.tasks, [payload]);
    }
    if (this.#epoch !== epoch || !this.#wire.isUp) return;
    for (const message of this.#cancelled) this.#wire.send(message);
    if (this.#filesAreReady && this.#bringFiles) this.#wire.send({ type: 'filesReady', job: this.#number });
    if (this.#isSenderDone) this.#sendEnd();
    for (const mark of this.#onPong.keys()) this.#wire.send({ type: 'ping', mark });
    this.#isReturning = false;
    this.#steady();
  }

  #sendFiles(): void {
    if (this.#bringFiles === undefined || this.#isBringing) return;
    this.#isBringing = true;
    this.#bringFiles(this.#spec.id).then(
      () => {
        this.#isBringing = false;
        this.#filesAreReady = true;
        this.#wire.send({ type: 'filesReady', job: this.#number });
        this.#steady();
      },
      (error: unknown) => {
        this.cancel('its files cannot be sent');
        this.fail(error);
      },
    );
  }
}
