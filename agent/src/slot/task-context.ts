import { format } from 'node:util';
import type { DataPart } from '../data/data-part.js';
import { type OpenPart, openPart } from '../data/open-part.js';
import type { TaskRef } from '../protocol/records.js';

/** What the context does through its slot. */
export interface ContextActions {
  log(task: TaskRef, text: string): void;
  progress(task: TaskRef, value: unknown): void;
}

/** The second argument of every task. Most tasks never look at it, so the costly parts are made when asked for. */
export class TaskContext {
  readonly shared: Readonly<Record<string, unknown>>;
  readonly #task: TaskRef;
  readonly #actions: ContextActions;
  #abort: AbortController | undefined;
  /** Ends what the task opened. */
  #reads: AbortController | undefined;
  #hasEnded = false;

  constructor(task: TaskRef, shared: Readonly<Record<string, unknown>>, actions: ContextActions) {
    this.#task = task;
    this.shared = shared;
    this.#actions = actions;
  }

  get index(): number {
    return this.#task.index;
  }

  get attempt(): number {
    return this.#task.attempt;
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    return this.#abort.signal;
  }

  // Bound, so that `({ log }) => …` works.
  readonly log = (...values: unknown[]): void => {
    this.#actions.log(this.#task, `${format(...values)}\n`);
  };

  readonly progress = (value: unknown): void => {
    this.#actions.progress(this.#task, value);
  };

  readonly open = (part: DataPart): OpenPart => {
    if (this.#reads === undefined) {
      this.#reads = new AbortController();
      if (this.#abort?.signal.aborted) this.#reads.abort(this.#abort.signal.reason);
      if (this.#hasEnded) this.end();
    }
    return openPart(part, this.#reads.signal);
  };

  abort(reason: Error): void {
    this.#abort ??= new AbortController();
    this.#abort.abort(reason);
    this.#reads?.abort(reason);
  }

  /** The task has ended: what it left open is closed. */
  end(): void {
    this.#hasEnded = true;
    this.#reads?.abort(new DOMException('the task has ended', 'AbortError'));
  }
}
