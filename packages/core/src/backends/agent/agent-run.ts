import {
  appendTask,
  ByteWriter,
  beginTasks,
  type ClientMessage,
  type Failure,
  frameType,
  initialCredit,
  isMegalithError,
  type JobSpec,
  type MachineInfo,
  type TaskEvent,
} from '@megalith/agent';
import type { BackendJob, JobRun, TaskEvents, TaskInput } from '../backend.js';
import { EventQueue } from './event-queue.js';

/** Tasks encoded in one go, so that neither this thread nor the host is busy with one frame for long. */
const tasksPerFrame = 2048;
const bytesPerFrame = 256 * 1024;
const sharedPiece = 1024 * 1024;

/** What a run needs of the connection that carries it. */
export interface AgentWire {
  readonly machine: Promise<MachineInfo>;
  send(message: ClientMessage): void;
  /** Writes a binary frame; waits while the stream is full. */
  sendFrame(type: typeof frameType.tasks | typeof frameType.shared, parts: readonly Uint8Array[]): Promise<void>;
  /** The run has had its last event. */
  over(job: number): void;
}

/** One job on its way through an agent. */
export class AgentRun implements JobRun {
  readonly #number: number;
  readonly #job: BackendJob;
  readonly #connection: AgentWire;
  readonly #queue = new EventQueue<TaskEvents>();
  #machine: string | undefined;
  #tasks: number = initialCredit.tasks;
  #bytes: number = initialCredit.bytes;
  #wake: (() => void) | undefined;
  #over = false;
  #cancelled = false;

  constructor(number: number, job: BackendJob, connection: AgentWire) {
    this.#number = number;
    this.#job = job;
    this.#connection = connection;
    connection.machine.then(
      ({ hostname }) => {
        this.#machine = hostname;
      },
      () => undefined,
    );
  }

  get events(): AsyncIterable<TaskEvents> {
    return this.#queue;
  }

  get machine(): string | undefined {
    return this.#machine;
  }

  start(): void {
    const { id, name, work, requirements, env, cwd, tags } = this.#job;
    const spec: JobSpec = { job: this.#number, id, name, work, requirements, env, cwd, tags };
    this.#connection.send({ type: 'submit', spec });
    this.#send().catch((error: unknown) => this.fail(error));
  }

  cancel(reason: string, indexes?: readonly number[]): void {
    if (this.#over) return;
    this.#connection.send({ type: 'cancel', job: this.#number, reason, ...(indexes === undefined ? {} : { indexes }) });
    if (indexes !== undefined) return;
    this.#cancelled = true;
    this.#wake?.();
  }

  credit(tasks: number, bytes: number): void {
    this.#tasks += tasks;
    this.#bytes = bytes;
    this.#wake?.();
  }

  receive(events: readonly TaskEvent[]): void {
    this.#queue.push(events);
  }

  end(): void {
    this.#finish();
    this.#queue.end();
  }

  fail(error: unknown): void {
    this.#finish();
    this.#queue.fail(error);
  }

  #finish(): void {
    this.#over = true;
    this.#wake?.();
    this.#connection.over(this.#number);
  }

  async #send(): Promise<void> {
    await this.#sendShared();
    const { tasks } = this.#job;
    while (!this.#over && !this.#cancelled && !tasks.ended) {
      if (this.#tasks <= 0 || this.#bytes <= 0) {
        await this.#woken();
        continue;
      }
      const inputs = tasks.take(Math.min(this.#tasks, tasksPerFrame));
      if (inputs.length > 0) await this.#sendTasks(inputs);
      else if (!tasks.ended) await Promise.race([tasks.ready(), this.#woken()]);
    }
    if (!this.#over) this.#connection.send({ type: 'end', job: this.#number, taskCount: tasks.taskCount });
  }

  #woken(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve;
    });
  }

  async #sendTasks(inputs: readonly TaskInput[]): Promise<void> {
    const out = new ByteWriter(Math.min(bytesPerFrame, inputs.length * 64 + 64));
    const unfit: TaskEvent[] = [];
    beginTasks(out, this.#number);
    let inFrame = 0;
    for (const { index, attempt, item } of inputs) {
      try {
        appendTask(out, index, attempt, item);
        inFrame++;
      } catch (error) {
        unfit.push({ type: 'failed', job: this.#number, index, attempt, failure: unfitFailure(error) });
      }
      if (out.length >= bytesPerFrame) {
        await this.#sendFrame(out, inFrame);
        inFrame = 0;
      }
    }
    if (inFrame > 0) await this.#sendFrame(out, inFrame);
    if (unfit.length > 0) this.receive(unfit);
  }

  #sendFrame(out: ByteWriter, count: number): Promise<void> {
    const bytes = out.take();
    this.#tasks -= count;
    this.#bytes -= bytes.length;
    beginTasks(out, this.#number);
    return this.#connection.sendFrame(frameType.tasks, [bytes]);
  }

  async #sendShared(): Promise<void> {
    for (const [position, { bytes }] of this.#job.shared.entries()) {
      if (bytes === undefined) continue;
      const head = Buffer.alloc(8);
      head.writeUInt32LE(this.#number, 0);
      head.writeUInt32LE(position, 4);
      // An empty array is sent too: it is how the host learns that it has all.
      for (let at = 0; at === 0 || at < bytes.length; at += sharedPiece) {
        if (this.#over) return;
        await this.#connection.sendFrame(frameType.shared, [head, bytes.subarray(at, at + sharedPiece)]);
      }
    }
  }
}

function unfitFailure(error: unknown): Failure {
  if (!isMegalithError(error)) throw error;
  return {
    code: 'NOT_SERIALIZABLE',
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.details === undefined ? {} : { details: error.details }),
  };
}
