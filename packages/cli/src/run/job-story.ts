import { formatUsd, type JobEvent } from '@megalith/core';

/** What people are told of where a job goes and what it costs, line by line. A job on this machine has no such story. */
export class JobStory {
  readonly #tell: (line: string) => void;
  readonly #isWhole: boolean;
  #told: string | undefined;

  /** @param isWhole false leaves out the plan and the bill, which who named the place or reads JSON does not ask for */
  constructor(tell: (line: string) => void, isWhole: boolean) {
    this.#tell = tell;
    this.#isWhole = isWhole;
  }

  hear(event: JobEvent): void {
    if (event.type === 'escalating') {
      const { index, from, to, reason, usd } = event;
      const cost = usd === 0 ? '' : `, for about ${formatUsd(usd)}`;
      this.#tell(`task ${index} goes from ${from} to ${to}${cost}: ${reason}`);
    } else if (!this.#isWhole) {
      return;
    } else if (event.type === 'planned') {
      const { chosen, parts = [], reason } = event.plan;
      const places = [...(chosen === undefined ? [] : [chosen]), ...parts.map(({ candidate }) => candidate)];
      if (places.every(({ site }) => site.kind === 'here') || reason === this.#told) return;
      this.#told = reason;
      this.#tell(reason);
    } else if (event.type === 'ended' && event.usd !== undefined && event.usd > 0) {
      this.#tell(`it cost ${formatUsd(event.usd)}`);
    }
  }
}
