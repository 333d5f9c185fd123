import type { Failure, Requirements } from '@megalith/agent';
import { EventQueue } from '../../backends/agent/event-queue.js';
import type { Candidate, JobRun, TaskEvents, TaskInput, TaskSource } from '../../backends/backend.js';
import { IndexSet } from '../../backends/index-set.js';
import { Promised } from '../promised.js';

/** A part of a job: some of its tasks, at one place. */
export interface LegPlan {
  /** Tasks that may share a leg have plans with the same key. */
  readonly key: string;
  readonly place: Candidate;
  /** What its tasks ask for there. */
  readonly requirements: Requirements;
  /** Begins it; the tasks come through the source. */
  run(tasks: TaskSource): JobRun;
}

/** What a leg takes its tasks from. */
export interface LegTasks {
  take(leg: Leg, max: number): TaskInput[];
  /** Settles when `take` may give more; undefined where only `look` tells. */
  ready(leg: Leg): Promise<void> | undefined;
  isEnded(leg: Leg): boolean;
}

/** One place's part of a job while it runs: the door through which its backend takes tasks. */
export class Leg implements TaskSource {
  readonly plan: LegPlan;
  /** For this leg and no other; before what comes from the job's source. */
  readonly queue: TaskInput[] = [];
  /** Given to the backend, with the last event to come. */
  readonly out = new Map<number, TaskInput>();
  /** Why those of its tasks that come from another place left that. */
  readonly causes = new Map<number, Failure>();
  readonly run: JobRun;
  isOver = false;
  readonly #tasks: LegTasks;
  readonly #given = new IndexSet();
  #changed: Promised<void> | undefined;
  #hasEnded = false;

  constructor(plan: LegPlan, tasks: LegTasks) {
    this.plan = plan;
    this.#tasks = tasks;
    this.run = begun(() => plan.run(this));
  }

  /** The task is for this leg. */
  wait(input: TaskInput): void {
    this.queue.push(input);
    this.look();
  }

  /** Its place tries a task again by itself. */
  triesAgain(index: number, attempt: number): void {
    const input = this.out.get(index);
    if (input !== undefined) this.out.set(index, { ...input, attempt });
  }

  /** It has nothing, and nothing waits for it. */
  get isDrained(): boolean {
    return this.isOver || (this.out.size === 0 && this.queue.length === 0);
  }

  take(max: number): TaskInput[] {
    const tasks = this.#tasks.take(this, max);
    for (const task of tasks) {
      this.out.set(task.index, task);
      this.#given.add(task.index);
    }
    return tasks;
  }

  ready(): Promise<void> {
    if (this.ended || this.queue.length > 0) return Promise.resolve();
    this.#changed ??= new Promised();
    const { promise } = this.#changed;
    void this.#tasks.ready(this)?.then(() => this.look());
    return promise;
  }

  /** Once it said so, nothing more may wait for it: its backend has told the far side. */
  get ended(): boolean {
    this.#hasEnded ||= this.#tasks.isEnded(this);
    return this.#hasEnded;
  }

  /** Whether tasks may still be given to it. */
  get isOpen(): boolean {
    return !this.isOver && !this.#hasEnded;
  }

  get taskCount(): number {
    return this.#given.size;
  }

  /** Something changed that no promise of the source tells. */
  look(): void {
    this.#changed?.resolve();
    this.#changed = undefined;
  }
}

/** A place that refuses at once fails as one that fails later. */
function begun(begin: () => JobRun): JobRun {
  try {
    return begin();
  } catch (error) {
    const events = new EventQueue<TaskEvents>();
    events.fail(error);
    return { events, cancel: () => undefined, machine: undefined };
  }
}
