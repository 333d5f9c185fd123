import type { AttemptStats } from '@megalith/agent';
import type { TaskEvents } from '../backends/backend.js';

/** What one task showed of itself. */
export interface TaskSample {
  readonly stats: AttemptStats;
  /** `done`, or the code of its failure. */
  readonly outcome: string;
}

/** More say little more of a piece of code. */
const mostSamples = 128;

/** A fair choice of what a job's tasks showed: every task has the same chance to be among them, however many there are. */
export class TaskSamples {
  readonly #samples: TaskSample[] = [];
  readonly #random: () => number;
  #seen = 0;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  get all(): readonly TaskSample[] {
    return this.#samples;
  }

  add(events: TaskEvents): void {
    for (const event of events) {
      if ((event.type !== 'done' && event.type !== 'failed') || event.stats === undefined) continue;
      this.#seen += 1;
      // Reservoir sampling.
      const at = this.#seen <= mostSamples ? this.#seen - 1 : Math.floor(this.#random() * this.#seen);
      if (at >= mostSamples) continue;
      this.#samples[at] = { stats: event.stats, outcome: event.type === 'done' ? 'done' : event.failure.code };
    }
  }
}
