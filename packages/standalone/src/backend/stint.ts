import type { BackendJob, JobRun, TaskInput, TaskSource } from '@megalith/core';
import { IndexSet } from '@megalith/core';
import type { MovedTask } from './moved-task.js';

/** A job on one machine, which may go away under it. */
export interface OneMachine {
  readonly run: JobRun;
  /** Whether the machine may have the job. Until then nothing of it is anywhere but here. */
  hasIt(): boolean;
  /** Lets the machine go; where it is only coming to be, it is ended. Settles when that is done. */
  leave(): Promise<void>;
}

/** Begins a job on another machine. */
export type NextMachine = (job: BackendJob) => OneMachine;

/** What a stint takes its tasks from. */
export interface StintTasks {
  take(stint: Stint, max: number): TaskInput[];
  /** Undefined where nothing more will come from the source itself. */
  ready(): Promise<void> | undefined;
  isEnded(stint: Stint): boolean;
}

/** One machine's time with the job. */
export class Stint implements TaskSource {
  readonly machine: OneMachine;
  /** What it has: the last events are to come. */
  readonly out = new Map<number, MovedTask>();
  /** Every index that it was ever given. */
  readonly given = new IndexSet();
  /** Indexes that are elsewhere now: what it still says of them is not heard. */
  readonly gone = new Set<number>();
  /** The machine is about to go: it gets no more. */
  isLeaving = false;
  readonly #tasks: StintTasks;
  #wake: (() => void) | undefined;
  #changed: Promise<void> | undefined;

  constructor(tasks: StintTasks, begin: (source: TaskSource) => OneMachine) {
    this.#tasks = tasks;
    this.machine = begin(this);
  }

  take(max: number): TaskInput[] {
    return this.#tasks.take(this, max);
  }

  async ready(): Promise<void> {
    this.#changed ??= new Promise(resolve => {
      this.#wake = resolve;
    });
    if (!this.ended) await Promise.race([this.#changed, ...[this.#tasks.ready() ?? []].flat()]);
  }

  get ended(): boolean {
    return this.#tasks.isEnded(this);
  }

  get taskCount(): number {
    return this.given.size;
  }

  /** Something has changed beside the job's own source. */
  look(): void {
    this.#wake?.();
    this.#wake = this.#changed = undefined;
  }
}
