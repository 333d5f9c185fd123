import type { JobEvent } from '@megalith/core';

/** What is said of a place that is made for a job, until the job has it. */
export class ComingPlace {
  #words: string | undefined;

  /** Undefined where none is being made. */
  get words(): string | undefined {
    return this.#words;
  }

  /** @returns what is new */
  hear(event: JobEvent): string | undefined {
    if (event.type === 'placing') {
      this.#words = event.message;
      return event.message;
    }
    if (event.type !== 'planned' && event.type !== 'queued' && event.type !== 'warning') this.#words = undefined;
    return undefined;
  }
}
