import { spentUsd } from './spend.js';

/** A machine that a job has, or had. Times are epoch milliseconds. */
interface Had {
  readonly usdPerHour: number;
  readonly since: number;
  /** It was made or started for the job, and is billed from then on, for a minimum at least. */
  readonly isStarted: boolean;
  until?: number;
}

/** What the machines of jobs cost while the jobs have them. */
export class JobSpend {
  readonly #had = new Map<string, Map<string, Had>>();

  /** A job has got a machine. */
  came(job: string, machine: string, had: Omit<Had, 'until'>): void {
    const its = this.#had.get(job) ?? new Map<string, Had>();
    this.#had.set(job, its.set(machine, had));
  }

  left(job: string, machine: string, now: number): void {
    const had = this.#had.get(job)?.get(machine);
    if (had !== undefined) had.until ??= now;
  }

  forget(job: string): void {
    this.#had.delete(job);
  }

  /** Dollars so far. */
  of(job: string, now: number): number {
    let usd = 0;
    for (const { usdPerHour, since, isStarted, until } of this.#had.get(job)?.values() ?? []) {
      if (isStarted)
        usd += spentUsd(
          [{ usdPerHour, runs: [{ startedAt: since, ...(until === undefined ? {} : { endedAt: until }) }] }],
          now,
        );
      else usd += (Math.max(0, (until ?? now) - since) / 3_600_000) * usdPerHour;
    }
    return usd;
  }
}
