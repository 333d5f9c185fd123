/** What a job would take at one place, with everything: start, transfer, run, idle tail. */
export interface Estimate {
  /** From now until the last result, milliseconds. */
  readonly ms: number;
  readonly usd: number;
  /** The same where tasks are as slow as the slowest tenth. */
  readonly slowMs: number;
  readonly slowUsd: number;
}
