import type { Failure, Requirements } from '@megalith/agent';
import type { Candidate, JobRun, TaskInput, TaskSource } from '../../backends/backend.js';
import { IndexSet } from '../../backends/index-set.js';

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
  #wake: (() => void) | undefined;
  #changed: Promise<void> | undefined;

  constructor(plan: LegPlan, tasks: LegTasks) {
    this.plan = plan;
    this.#tasks = tasks;
    this.run = plan.run(this);
  }

  /** The task is for this leg. */
  wait(input: TaskInput): void {
    this.queue.push(input);
    this.look();
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

  async ready(): Promise<void> {
    if (this.ended || this.queue.length > 0) return;
    this.#changed ??= new Promise(resolve => {
      this.#wake = resolve;
    });
    await Promise.race([this.#changed, ...[this.#tasks.ready(this) ?? []].flat()]);
  }

  get ended(): boolean {
    return this.#tasks.isEnded(this);
  }

  get taskCount(): number {
    return this.#given.size;
  }

  /** Something changed that no promise of the source tells. */
  look(): void {
    this.#wake?.();
    this.#wake = this.#changed = undefined;
  }
}
