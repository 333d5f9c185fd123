import type { Failure } from '@megalith/agent';
import type { TaskInput } from '../../backends/backend.js';
import type { LegPlan } from './leg.js';

/** A task that a place could not bring to its end. */
export interface FailedTask {
  readonly input: TaskInput;
  readonly failure: Failure;
  readonly peakMemoryBytes: number | undefined;
  /** Where it was tried, the last one last. */
  readonly tried: readonly LegPlan[];
}

/** What becomes of it: another place, or the reason why there is none. */
export type Move = { readonly to: LegPlan } | { readonly refused: string };

/** Failures that a larger place may mend. */
const movable: ReadonlySet<string> = new Set<Failure['code']>(['OUT_OF_MEMORY', 'TIMED_OUT', 'OVER_PAYLOAD']);

export function isMovable({ code }: Failure): boolean {
  return movable.has(code);
}

/** The failure of a task that has nowhere to go, with the reason why not. */
export function stuck(failure: Failure, why: string): Failure {
  return { ...failure, message: `${failure.message}; it can go nowhere else: ${why}` };
}
