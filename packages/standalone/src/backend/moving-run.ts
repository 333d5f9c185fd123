import { type Failure, isMegalithError, MegalithError, type TaskEvent } from '@megalith/agent';
import { type BackendJob, EventQueue, type JobRun, type TaskEvents, type TaskInput } from '@megalith/core';
import { isOfLeaving } from '../spread/place-loss.js';
import { MovedTask } from './moved-task.js';
import { type NextMachine, Stint } from './stint.js';

/** So many machines may go one after another before any task of the job is done on one of them. */
const mostFruitless = 5;

/** Ends of a run that say that its machine is no more, or takes nothing any more. */
const goneCodes: ReadonlySet<string> = new Set(['AGENT_LOST', 'NO_PLACEMENT']);

/**
 * Runs a job on one machine, and on another where that one goes away: finished tasks stay finished. What the machine has handed back, and what had
 * not begun, goes on as the same attempt; what ran when it was lost has failed with AGENT_LOST, and is tried again within the job's retries.
 * The job fails with NO_CAPACITY when five machines that came as replacements went without a task done.
 */
export function movingRun(job: BackendJob, next: NextMachine): JobRun {
  return new MovingRun(job, next);
}

class MovingRun implements JobRun {
  readonly #job: BackendJob;
  readonly #next: NextMachine;
  readonly #queue = new EventQueue<TaskEvents>();
  readonly #stints = new Set<Stint>();
  #current: Stint;
  /** Tasks that wait for another machine than the one that had them. */
  #back: MovedTask[] = [];
  #fruitless = 0;
  readonly #unwanted = new Map<number, Failure>();
  #stopped: Failure | undefined;
  #isOver = false;
  #onMoved: (() => void)[] = [];

  constructor(job: BackendJob, next: NextMachine) {
    this.#job = job;
    this.#next = next;
    this.#current = this.#begin();
  }

  get events(): AsyncIterable<TaskEvents> {
    return this.#queue;
  }

  get machine(): string | undefined {
    return this.#current.machine.run.machine;
  }

  get retriesTasks(): boolean {
    return this.#current.machine.run.retriesTasks === true;
  }

  cancel(reason: string, indexes?: readonly number[]): void {
    if (this.#isOver) return;
    const failure: Failure = { code: 'CANCELLED', message: `cancelled: ${reason}` };
    if (indexes === undefined) this.#stopped ??= failure;
    else for (const index of indexes) this.#unwanted.set(index, failure);
    const waiting = this.#back;
    this.#back = [];
    for (const task of waiting) this.#return(task);
    for (const stint of [...this.#stints]) {
      stint.machine.run.cancel(reason, indexes);
      // There is nobody to say that it is over.
      if (indexes === undefined && !stint.machine.hasIt()) void this.#left(stint);
    }
    this.#look();
  }

  async handOver(): Promise<void> {
    for (;;) {
      const asked = this.#current;
      try {
        await asked.machine.run.handOver?.();
        return;
      } catch (error) {
        // The same loss may be on its way to `attend`.
        if (asked === this.#current && !this.#isOver) await new Promise<void>(resolve => this.#onMoved.push(resolve));
        if (asked === this.#current) throw error;
      }
    }
  }

  #begin(): Stint {
    const stint = new Stint(
      {
        take: (taker, max) => this.#take(taker, max),
        ready: () => (this.#job.tasks.ended ? undefined : this.#job.tasks.ready()),
        isEnded: asking => this.#isEnded(asking),
      },
      tasks => this.#next({ ...this.#job, tasks }),
    );
    this.#stints.add(stint);
    void this.#attend(stint);
    return stint;
  }

  async #attend(stint: Stint): Promise<void> {
    try {
      for await (const batch of stint.machine.run.events) this.#hear(stint, batch);
    } catch (error) {
      if (this.#stints.has(stint)) await this.#lost(stint, error);
      return;
    }
    if (this.#stints.has(stint)) await this.#ended(stint);
  }

  #hear(stint: Stint, batch: TaskEvents): void {
    if (!this.#stints.has(stint)) return;
    const passed = batch.flatMap(event => this.#judge(stint, event) ?? []);
    if (passed.length > 0) this.#queue.push(passed);
    if (stint.isLeaving && stint === this.#current && this.#back.length > 0) this.#moveOn(undefined);
    this.#look();
  }

  #judge(stint: Stint, event: TaskEvent): TaskEvent | undefined {
    const { index } = event;
    const task = stint.out.get(index);
    if (task === undefined) return event.type === 'log' && !stint.gone.has(index) ? event : undefined;
    switch (event.type) {
      case 'started':
        return task.began() ? event : undefined;
      case 'log':
        return task.show(event);
      case 'done':
        this.#fruitless = 0;
        stint.out.delete(index);
        return event;
      case 'failed':
        if (event.retrying === true) {
          task.nextAttempt();
          return event;
        }
        stint.out.delete(index);
        if (!isOfLeaving(event.failure)) return event;
        stint.isLeaving = true;
        stint.gone.add(index);
        task.moved();
        this.#return(task);
        return undefined;
      default:
        return event;
    }
  }

  /** The machine is no more, or the way to it is closed for good. */
  async #lost(stint: Stint, error: unknown): Promise<void> {
    if (!isMegalithError(error) || !goneCodes.has(error.code)) {
      await this.#fail(error);
      return;
    }
    const tasks = [...stint.out.values()];
    stint.out.clear();
    stint.isLeaving = true;
    for (const task of tasks) this.#fell(task, error);
    await this.#ended(stint, error);
  }

  /** A task whose machine was lost: one that ran may be what has killed it. */
  #fell(task: MovedTask, { message }: MegalithError): void {
    const { retry } = this.#job;
    const { index, attempt } = task.input;
    const hadBegun = task.hasBegun;
    task.moved();
    if (!hadBegun || this.#endOf(index) !== undefined) {
      this.#return(task);
      return;
    }
    const failed: TaskEvent = { type: 'failed', job: 0, index, attempt, failure: { code: 'AGENT_LOST', message } };
    if (!this.retriesTasks || retry === undefined || attempt > retry.retries) {
      this.#queue.push([failed]);
      return;
    }
    this.#queue.push([{ ...failed, retrying: true }]);
    task.nextAttempt();
    this.#return(task);
  }

  /** The run of a machine is over: where that is because the machine goes away, another goes on. */
  async #ended(stint: Stint, error?: MegalithError): Promise<void> {
    if (stint.isLeaving && stint === this.#current && (await this.#hasMore())) this.#moveOn(error);
    await this.#left(stint);
  }

  /** Whether there is work for another machine; waits for the source where only that can tell. */
  async #hasMore(): Promise<boolean> {
    const { tasks } = this.#job;
    while (this.#back.length === 0 && !tasks.ended && !this.#isOver) {
      const fresh = tasks.take(1);
      for (const input of fresh) this.#back.push(new MovedTask(input));
      if (fresh.length === 0) await tasks.ready();
    }
    return this.#back.length > 0;
  }

  /** Lets a machine go, and ends the run with the last. */
  async #left(stint: Stint): Promise<void> {
    if (!this.#stints.delete(stint)) return;
    for (const task of stint.out.values()) this.#return(task);
    stint.out.clear();
    this.#look();
    try {
      await stint.machine.leave();
    } catch (error) {
      await this.#fail(error);
    }
    if (this.#stints.size > 0 || this.#isOver) return;
    this.#finish();
    this.#queue.end();
  }

  #moveOn(error: MegalithError | undefined): void {
    if (this.#stopped !== undefined || this.#isOver) return;
    this.#current.isLeaving = true;
    this.#fruitless += 1;
    if (this.#fruitless > mostFruitless) {
      void this.#fail(noneStays(this.#job, error));
      return;
    }
    this.#current = this.#begin();
    this.#moved();
  }

  async #fail(error: unknown): Promise<void> {
    if (this.#isOver) return;
    this.#finish();
    const all = [...this.#stints];
    this.#stints.clear();
    for (const { machine } of all) machine.run.cancel('the job failed');
    // What they have to say to that is of no use beside the reason.
    await Promise.allSettled(all.map(({ machine }) => machine.leave()));
    this.#queue.fail(error);
  }

  #finish(): void {
    this.#isOver = true;
    this.#moved();
  }

  #moved(): void {
    for (const resolve of this.#onMoved.splice(0)) resolve();
  }

  /** A task that no machine has: it goes to the next, or has its end here. */
  #return(task: MovedTask): void {
    const { index, attempt } = task.input;
    const failure = this.#endOf(index);
    if (failure === undefined) this.#back.push(task);
    else this.#queue.push([{ type: 'failed', job: 0, index, attempt, failure }]);
  }

  #endOf(index: number): Failure | undefined {
    return this.#stopped ?? this.#unwanted.get(index);
  }

  #take(stint: Stint, max: number): TaskInput[] {
    if (stint.isLeaving || this.#isOver) return [];
    const again = this.#back.splice(0, max);
    const fresh = again.length < max ? this.#job.tasks.take(max - again.length) : [];
    const tasks = [...again, ...fresh.map(input => new MovedTask(input))];
    for (const task of tasks) {
      stint.out.set(task.input.index, task);
      stint.given.add(task.input.index);
      stint.gone.delete(task.input.index);
    }
    return tasks.map(task => task.input);
  }

  /** What another machine has may come back. */
  #isEnded(stint: Stint): boolean {
    if (stint.isLeaving || this.#isOver) return true;
    if (this.#back.length > 0 || !this.#job.tasks.ended) return false;
    return [...this.#stints].every(other => other === stint || other.out.size === 0);
  }

  #look(): void {
    for (const stint of this.#stints) stint.look();
  }
}

function noneStays({ name }: BackendJob, last: MegalithError | undefined): MegalithError {
  const why = last === undefined ? 'each handed its tasks back' : last.message;
  return new MegalithError(
    'NO_CAPACITY',
    `${mostFruitless + 1} machines in a row went away before a task of "${name}" was done: ${why}`,
    {
      hint: 'allow the on-demand market or other types in the config, or split the job into shorter tasks',
      ...(last === undefined ? {} : { details: last.details ?? {}, cause: last }),
    },
  );
}
