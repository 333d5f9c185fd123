import { drainingFailure } from '../host/refusal.js';
import type { Interruption } from '../protocol/machine-messages.js';
import type { Failure, JobSpec } from '../protocol/messages.js';

/** What keeps new jobs away from a machine. Times are epoch milliseconds. */
export interface DoorFacts {
  /** Somebody asked for it. */
  readonly draining: boolean;
  readonly isShuttingDown: boolean;
  readonly interruption?: Interruption | undefined;
  /** The absolute end of the machine. */
  readonly expiresAt?: number | undefined;
  /** So long before that, new jobs go elsewhere. */
  readonly drainBeforeEndMs: number;
}

export interface ClosedDoor {
  /** One sentence, for the status; unset where that is told by `draining` alone. */
  readonly reason?: string;
  /** What a new job is told. */
  readonly failure: Failure;
}

/** Why a machine takes no new jobs; undefined while it does. */
export function whyClosed(facts: DoorFacts, now: number): ClosedDoor | undefined {
  const { interruption, expiresAt } = facts;
  if (interruption !== undefined) return closed(interruptionText(interruption));
  if (facts.isShuttingDown) return closed('this machine shuts down');
  if (expiresAt !== undefined && now >= expiresAt - facts.drainBeforeEndMs) {
    return closed(`this machine ends at ${new Date(expiresAt).toISOString()}`);
  }
  return facts.draining ? { failure: drainingFailure } : undefined;
}

/** What a client is told that has not leased the machine for this job. */
export function noLease({ id }: JobSpec): Failure {
  return {
    code: 'NO_PLACEMENT',
    message: `this machine is not leased for job "${id}"`,
    hint: 'a machine of the pool runs a job only for whoever leased it for that job; the lease may have run out',
  };
}

export function interruptionText({ action, at }: Interruption): string {
  return `the cloud takes this machine back: ${action} at ${new Date(at).toISOString()}`;
}

function closed(reason: string): ClosedDoor {
  const message = `${reason}; it takes no new jobs`;
  return { reason: message, failure: { code: 'NO_PLACEMENT', message, hint: 'the job needs another machine' } };
}
