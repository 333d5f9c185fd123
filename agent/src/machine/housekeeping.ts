import { defaultRetention, pruneJobs, type Retention } from '../journal/prune-jobs.js';
import { sweepHome } from './sweep-home.js';

interface HousekeepingOptions {
  readonly home: string;
  /** The name of the agent's own folder. */
  readonly hash: string;
  readonly retention?: Partial<Retention>;
}

/** Removes what a machine's folder holds and nobody needs. What can't be removed is told, and stays. */
export class Housekeeping {
  readonly #options: HousekeepingOptions;
  readonly #onLog: (line: string) => void;

  constructor(options: HousekeepingOptions, onLog: (line: string) => void) {
    this.#options = options;
    this.#onLog = onLog;
  }

  async prune(): Promise<void> {
    try {
      await pruneJobs(this.#options.home, this.#options.retention);
    } catch (error) {
      this.#onLog(`old jobs cannot be removed: ${String(error)}`);
    }
  }

  /** For an agent that ends. */
  async sweep(): Promise<void> {
    const { home, hash, retention } = this.#options;
    try {
      await sweepHome(home, hash, retention?.maxAgeMs ?? defaultRetention.maxAgeMs, Date.now());
    } catch (error) {
      this.#onLog(`old files cannot be removed: ${String(error)}`);
    }
  }
}
