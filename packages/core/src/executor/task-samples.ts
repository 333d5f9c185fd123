import type { TaskEvents } from '../backends/backend.js';
import { type SamplePlace, sampleOf, type TaskSample } from '../placement/history/task-sample.js';

/** More say little more of a piece of code. */
const mostSamples = 128;

/** A fair choice of what a job's tasks showed: every attempt has the same chance to be among them, however many there are. */
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

  /** @param place where the attempts ran that these events are about */
  add(events: TaskEvents, place: SamplePlace): void {
    for (const event of events) {
      if ((event.type !== 'done' && event.type !== 'failed') || event.stats === undefined) continue;
      this.#seen += 1;
      // Reservoir sampling.
      const at = this.#seen <= mostSamples ? this.#samples.length : Math.floor(this.#random() * this.#seen);
      if (at >= mostSamples) continue;
      const { index, attempt, stats } = event;
      const sample = sampleOf(index, attempt, stats, event.type === 'done' ? undefined : event.failure, place);
      if (sample !== undefined) this.#samples[Math.min(at, this.#samples.length)] = sample;
    }
  }
}
