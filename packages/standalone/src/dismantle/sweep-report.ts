import type { Leftover } from '../pool/cloud.js';
import type { Holder } from './lock.js';
import type { Verdict } from './verdict.js';

/**
 * What became of a verdict. `done`: a machine was seen terminated. `planned`: a dry run. `changed`: the machine is not what was judged any more.
 * `busy`: its agent has work after all. `unconfirmed`: the cloud does not know it now, which proves nothing. `failed`: see the problem.
 */
export type Outcome = 'done' | 'planned' | 'changed' | 'busy' | 'unconfirmed' | 'failed';

/** Something that a sweep did, or would have done, and why. */
export type Deed =
  | { readonly verdict: Verdict; readonly outcome: Outcome; readonly problem?: string }
  | { readonly leftover: Leftover; readonly outcome: 'done' | 'planned' | 'failed'; readonly problem?: string };

export interface SweepReport {
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Machines that the cloud listed, in every state. */
  readonly machines: number;
  readonly isComplete: boolean;
  /** Why the list of machines broke off, where it did. */
  readonly listError?: unknown;
  /** For each machine, and each intent that needs something. */
  readonly verdicts: readonly Verdict[];
  /** The kills first, the dearest of them first. */
  readonly deeds: readonly Deed[];
  /** What could not be done or read, one sentence each. */
  readonly problems: readonly string[];
  /** Somebody else sweeps: then nothing was done. */
  readonly heldBy?: Holder;
}

/** What went wrong, without a stack. */
export function problemText(what: string, error: unknown): string {
  return `${what}: ${error instanceof Error ? error.message : String(error)}`;
}
