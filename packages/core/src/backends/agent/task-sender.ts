import {
  appendTask,
  ByteWriter,
  beginTasks,
  type Failure,
  initialCredit,
  isMegalithError,
  type TaskEvent,
} from '@megalith/agent';
import type { TaskInput, TaskSource } from '../backend.js';

/** Tasks encoded in one go, so that neither this thread nor the host is busy with one frame for long. */
const tasksPerFrame = 2048;
const bytesPerFrame = 256 * 1024;

export interface SenderHooks {
  /** Tasks left their source. */
  readonly onTaken?: (inputs: readonly TaskInput[]) => void;
  /** Sends the payload of a `tasks` frame; the sending goes on when it settles. */
  readonly send: (payload: Buffer, count: number) => Promise<void>;
  /** Tasks whose items can't travel. */
  readonly onUnfit: (events: readonly TaskEvent[]) => void;
}

/** Takes a job's tasks from their source, as many as the far side has room for, and sends them. */
export class TaskSender {
  readonly #number: number;
  readonly #source: TaskSource;
  readonly #hooks: SenderHooks;
  #tasks: number = initialCredit.tasks;
  #bytes: number = initialCredit.bytes;
  #wake: (() => void) | undefined;
  #isStopped = false;

  constructor(number: number, source: TaskSource, hooks: SenderHooks) {
    this.#number = number;
    this.#source = source;
    this.#hooks = hooks;
  }

  /** The far side has room for so many tasks more, and for so many bytes in all. */
  credit(tasks: number, bytes: number): void {
    this.#tasks += tasks;
    this.#bytes = bytes;
    this.#wake?.();
  }

  /** A new connection: nothing that was granted before counts. */
  reset(): void {
    this.#tasks = 0;
    this.#bytes = 0;
  }

  /** Tasks that were sent again use up credit too. */
  spent(tasks: number, bytes: number): void {
    this.#tasks -= tasks;
    this.#bytes -= bytes;
  }

  stop(): void {
    this.#isStopped = true;
    this.#wake?.();
  }

  /** Sends until the source has ended; settles then, or when it was stopped. */
  async run(): Promise<void> {
    while (!this.#isStopped && !this.#source.ended) {
      if (this.#tasks <= 0 || this.#bytes <= 0) {
        await this.#woken();
        continue;
      }
      const inputs = this.#source.take(Math.min(this.#tasks, tasksPerFrame));
      this.#hooks.onTaken?.(inputs);
      if (inputs.length > 0) await this.#send(inputs);
      else if (!this.#source.ended) await Promise.race([this.#source.ready(), this.#woken()]);
    }
  }

  #woken(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve;
    });
  }

  async #send(inputs: readonly TaskInput[]): Promise<void> {
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
    if (unfit.length > 0) this.#hooks.onUnfit(unfit);
  }

  #sendFrame(out: ByteWriter, count: number): Promise<void> {
    const bytes = out.take();
    this.spent(count, bytes.length);
    beginTasks(out, this.#number);
    return this.#hooks.send(bytes, count);
  }
}

/** Why an item cannot travel, as the failure of its task. */
export function unfitFailure(error: unknown): Failure {
  if (!isMegalithError(error)) throw error;
  return {
    code: 'NOT_SERIALIZABLE',
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.details === undefined ? {} : { details: error.details }),
  };
}
