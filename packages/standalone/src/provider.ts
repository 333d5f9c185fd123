import type { Machine } from './machine.js';

/** A source of machines. Those of `local` and `ssh` are there already; a cloud's are made on demand. */
export interface Provider {
  readonly name: string;
  /** Every machine that is ours, in every state. Asks nobody that could hang: what is known here and now. */
  list(): Promise<readonly Machine[]>;
}
