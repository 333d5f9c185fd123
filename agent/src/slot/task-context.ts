import { format } from 'node:util';
import type { DataPart } from '../data/data-part.js';
import type { JobStorage } from '../data/job-storage.js';
import { nameOf } from '../data/open-object.js';
import { type OpenPart, openPart } from '../data/open-part.js';
import { pointersIn } from '../data/pointers.js';
import { TaskStorage } from '../data/task-storage.js';
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
  readonly #jobStorage: JobStorage | undefined;
  #storage: TaskStorage | undefined;
  /** By object: with which this task reads those of its item. */
  #readUrls: Map<string, string> | undefined;
  /** Ends what the task opened. */
  #reads: AbortController | undefined;
  #hasEnded = false;

  constructor(
    task: TaskRef,
    {
      shared,
      storage,
    }: { readonly shared: Readonly<Record<string, unknown>>; readonly storage?: JobStorage | undefined },
    actions: ContextActions,
  ) {
    this.#task = task;
    this.shared = shared;
    this.#actions = actions;
    this.#jobStorage = storage;
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
    return openPart(part, this.#reading());
  };

  get storage(): TaskStorage {
    this.#storage ??= new TaskStorage(
      this.#task,
      this.#jobStorage,
      object => this.#readUrls?.get(nameOf(object)),
      this.#reading(),
    );
    return this.#storage;
  }

  /** Takes the URLs out of the pointers of the task's item: they are for this task alone, and go nowhere with a result or a log. */
  takePointers(item: unknown): void {
    for (const pointer of pointersIn(item)) {
      const { readUrl } = pointer;
      if (readUrl === undefined) continue;
      this.#readUrls ??= new Map();
      this.#readUrls.set(nameOf(pointer), readUrl);
      delete (pointer as { readUrl?: string }).readUrl;
    }
  }

  #reading(): AbortSignal {
    if (this.#reads === undefined) {
      this.#reads = new AbortController();
      if (this.#abort?.signal.aborted) this.#reads.abort(this.#abort.signal.reason);
      if (this.#hasEnded) this.end();
    }
    return this.#reads.signal;
  }

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
