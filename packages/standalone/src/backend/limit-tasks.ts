import {
  type BackendJob,
  EventQueue,
  type JobRun,
  type TaskEvents,
  type TaskInput,
  type TaskSource,
} from '@megalith/core';
import { withEvents } from './with-events.js';

/** Runs a job with at most so many tasks out at once. */
export function withLimit(job: BackendJob, limit: number | undefined, run: (job: BackendJob) => JobRun): JobRun {
  if (limit === undefined) return run(job);
  const source = new LimitedTasks(job.tasks, limit);
  const inner = run({ ...job, tasks: source });
  const queue = new EventQueue<TaskEvents>();
  const passOn = async (): Promise<void> => {
    for await (const events of inner.events) {
      for (const event of events) {
        const isFinal = event.type === 'done' || (event.type === 'failed' && event.retrying !== true);
        if (isFinal) source.returned();
      }
      queue.push(events);
    }
    queue.end();
  };
  passOn().catch((error: unknown) => queue.fail(error));
  return withEvents(inner, queue);
}

class LimitedTasks implements TaskSource {
  readonly #source: TaskSource;
  readonly #limit: number;
  #out = 0;
  #wake: (() => void) | undefined;

  constructor(source: TaskSource, limit: number) {
    this.#source = source;
    this.#limit = limit;
  }

  take(max: number): TaskInput[] {
    const taken = this.#source.take(Math.min(max, this.#limit - this.#out));
    this.#out += taken.length;
    return taken;
  }

  ready(): Promise<void> {
    if (this.#out < this.#limit) return this.#source.ready();
    return new Promise(resolve => {
      this.#wake = resolve;
    });
  }

  get ended(): boolean {
    return this.#source.ended;
  }

  get taskCount(): number {
    return this.#source.taskCount;
  }

  returned(): void {
    this.#out -= 1;
    this.#wake?.();
    this.#wake = undefined;
  }
}
