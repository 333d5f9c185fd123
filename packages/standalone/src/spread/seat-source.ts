import type { TaskInput, TaskSource } from '@megalith/core';

/** What stands behind the tasks of one place. */
export interface SeatTasks {
  take(max: number): TaskInput[];
  prospect(): 'some' | 'source' | 'none';
  isOver(): boolean;
  /** Indexes that were given to this place. */
  taskCount(): number;
  /** The place waits for what only the job's own source can give. */
  awaitSource(): void;
}

/** The door through which one place takes its tasks. */
export class SeatSource implements TaskSource {
  readonly #tasks: SeatTasks;
  #waiting: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  constructor(tasks: SeatTasks) {
    this.#tasks = tasks;
  }

  take(max: number): TaskInput[] {
    return this.#tasks.take(max);
  }

  ready(): Promise<void> {
    if (this.#waiting === undefined) {
      let resolve!: () => void;
      const promise = new Promise<void>(settle => {
        resolve = settle;
      });
      this.#waiting = { promise, resolve };
    }
    const { promise } = this.#waiting;
    this.look();
    return promise;
  }

  get ended(): boolean {
    return this.#tasks.isOver();
  }

  get taskCount(): number {
    return this.#tasks.taskCount();
  }

  /** Lets the place go on, if it waits and there is something for it. */
  look(): void {
    if (this.#waiting === undefined) return;
    const prospect = this.#tasks.isOver() ? 'some' : this.#tasks.prospect();
    if (prospect === 'source') this.#tasks.awaitSource();
    if (prospect !== 'some') return;
    const { resolve } = this.#waiting;
    this.#waiting = undefined;
    resolve();
  }
}
