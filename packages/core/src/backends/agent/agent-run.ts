import { type ClientMessage, frameType, type JobSpec, type MachineInfo, type TaskEvent } from '@megalith/agent';
import type { BackendJob, JobRun, TaskEvents } from '../backend.js';
import { EventQueue } from './event-queue.js';
import { specOf } from './job-spec.js';
import { sharedPieces } from './shared-pieces.js';
import { TaskSender } from './task-sender.js';

/** What a run needs of the connection that carries it. */
export interface AgentWire {
  readonly machine: Promise<MachineInfo>;
  send(message: ClientMessage): void;
  /** Writes a binary frame; waits while the stream is full. */
  sendFrame(type: typeof frameType.tasks | typeof frameType.shared, parts: readonly Uint8Array[]): Promise<void>;
  /** The run has had its last event. */
  over(job: number): void;
}

/** One job on its way through an agent whose life is that of the connection. */
export class AgentRun implements JobRun {
  readonly #number: number;
  readonly #job: BackendJob;
  readonly #connection: AgentWire;
  readonly #queue = new EventQueue<TaskEvents>();
  readonly #sender: TaskSender;
  #machine: string | undefined;
  #over = false;

  constructor(number: number, job: BackendJob, connection: AgentWire) {
    this.#number = number;
    this.#job = job;
    this.#connection = connection;
    this.#sender = new TaskSender(number, job.tasks, {
      send: payload => connection.sendFrame(frameType.tasks, [payload]),
      onUnfit: events => this.receive(events),
    });
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
    const spec: JobSpec = specOf(this.#number, this.#job, process.cwd());
    this.#connection.send({ type: 'submit', spec });
    this.#send().catch((error: unknown) => this.fail(error));
  }

  cancel(reason: string, indexes?: readonly number[]): void {
    if (this.#over) return;
    this.#connection.send({ type: 'cancel', job: this.#number, reason, ...(indexes === undefined ? {} : { indexes }) });
    if (indexes === undefined) this.#sender.stop();
  }

  credit(tasks: number, bytes: number): void {
    this.#sender.credit(tasks, bytes);
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
    this.#sender.stop();
    this.#connection.over(this.#number);
  }

  async #send(): Promise<void> {
    for (const [position, { bytes }] of this.#job.shared.entries()) {
      if (bytes === undefined) continue;
      for (const piece of sharedPieces(this.#number, position, bytes)) {
        if (this.#over) return;
        await this.#connection.sendFrame(frameType.shared, piece);
      }
    }
    await this.#sender.run();
    const { taskCount } = this.#job.tasks;
    if (!this.#over) this.#connection.send({ type: 'end', job: this.#number, taskCount });
  }
}
