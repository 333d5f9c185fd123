import type { Requirements } from '../protocol/messages.js';

export interface Capacity {
  readonly cpus: number;
  readonly memoryBytes: number;
}

/** What the running tasks asked for, against what there is. Fractions of cpus add up with an error, which is forgiven. */
const forgiven = 1e-9;

/** Lets tasks run only while the sum of what they asked for fits the machine. */
export class Admission {
  readonly capacity: Capacity;
  readonly #listeners: (() => void)[] = [];
  #cpus = 0;
  #memoryBytes = 0;
  #reserved: Capacity = { cpus: 0, memoryBytes: 0 };

  constructor(capacity: Capacity) {
    this.capacity = capacity;
  }

  /** Calls back whenever what is taken changes. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** What is taken now. */
  get taken(): Capacity {
    return { cpus: this.#cpus, memoryBytes: this.#memoryBytes };
  }

  /** So much is held by somebody else on this machine. Each call replaces the one before. */
  reserve(load: Capacity): void {
    this.#reserved = load;
  }

  fits({ cpus, memoryBytes = 0 }: Requirements): boolean {
    return (
      this.#cpus + this.#reserved.cpus + cpus <= this.capacity.cpus + forgiven &&
      this.#memoryBytes + this.#reserved.memoryBytes + memoryBytes <= this.capacity.memoryBytes
    );
  }

  /** Takes unconditionally: a task that waited for its own sub-tasks takes its cpus back even if that is too many for a moment. */
  take({ cpus, memoryBytes = 0 }: Requirements): void {
    this.#cpus += cpus;
    this.#memoryBytes += memoryBytes;
    this.#changed();
  }

  /** @param lent its cpus were given away before, by `lend` */
  give({ cpus, memoryBytes = 0 }: Requirements, lent = false): void {
    if (!lent) this.#cpus -= cpus;
    this.#memoryBytes -= memoryBytes;
    this.#changed();
  }

  /** A task's cpus are free while it waits for jobs of its own, and its own again when it goes on. */
  lend({ cpus }: Requirements, waiting: boolean): void {
    this.#cpus += waiting ? -cpus : cpus;
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Tasks with these requirements that run at once on an empty machine. */
  slots({ cpus, memoryBytes = 0 }: Requirements): number {
    const byCpus = Math.floor((this.capacity.cpus + forgiven) / cpus);
    return memoryBytes === 0 ? byCpus : Math.min(byCpus, Math.floor(this.capacity.memoryBytes / memoryBytes));
  }
}
