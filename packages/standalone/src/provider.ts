import type { Machine } from './machine.js';

/** What one task of a job asks of a machine. */
export interface MachineRequirements {
  readonly cpus: number;
  readonly memoryBytes?: number;
  readonly diskBytes?: number;
}

/** A source of machines. Those of `local` and `ssh` are there already; a cloud's are made on demand. */
export interface Provider {
  readonly name: string;
  /** Every machine that is ours, in every state. Asks nobody that could hang: what is known here and now. */
  list(): Promise<readonly Machine[]>;
}
