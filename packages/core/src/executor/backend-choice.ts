import type { Backend, BackendOptions } from '../backends/backend.js';
import { createBackend } from '../backends/registry.js';

/** The backends of one executor: made when first needed, and closed by whoever made them. */
export class BackendChoice {
  readonly #choice: string | Backend;
  readonly #options: BackendOptions;
  #made: Promise<Backend> | undefined;

  /** @param choice `auto`, a name, or a backend that belongs to somebody else */
  constructor(choice: string | Backend, options: BackendOptions) {
    this.#choice = choice;
    this.#options = options;
  }

  /** In the order of preference. @throws MegalithError NOT_CONFIGURED */
  async all(): Promise<readonly Backend[]> {
    if (typeof this.#choice === 'object') return [this.#choice];
    this.#made ??= createBackend(this.#choice === 'auto' ? 'local' : this.#choice, this.#options);
    try {
      return [await this.#made];
    } catch (error) {
      // It may be registered by the time of the next job.
      this.#made = undefined;
      throw error;
    }
  }

  async close(): Promise<void> {
    const made = this.#made;
    if (made !== undefined) await (await made).close();
  }
}
