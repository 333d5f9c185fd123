import { format } from 'node:util';
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

  abort(reason: Error): void {
    this.#abort ??= new AbortController();
    this.#abort.abort(reason);
  }
}
