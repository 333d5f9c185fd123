import { type ErrorCode, type Failure, isMegalithError, MegalithError } from '@megalith/core';

/** Errors that end a run on one machine and say nothing of the others. */
const ofOneMachine: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'AGENT_LOST',
  'CONTACT_LOST',
  'SSH_FAILED',
  'HOST_KEY',
  'BOOTSTRAP_FAILED',
  'DISK_FULL',
  'JOURNAL_FAILED',
  // An agent of another release.
  'PROTOCOL',
  // Another machine may be larger.
  'OVER_MEMORY',
  'OVER_CPUS',
  // Its agent drains.
  'NO_PLACEMENT',
  // Somebody ended the job there; whoever means the whole job ends it at every machine.
  'CANCELLED',
]);

/** Failures of a task that are its machine's, so that the task is as good as never tried. */
const ofTheMachine: ReadonlySet<Failure['code']> = new Set<Failure['code']>([
  'AGENT_LOST',
  'DISK_FULL',
  'JOURNAL_FAILED',
]);

/** Whether the other machines may go on after this error; all else would happen anywhere. */
export function concernsOneMachine(error: unknown): error is MegalithError {
  return isMegalithError(error) && ofOneMachine.has(error.code);
}

/** Whether a task failed through no fault of its own. */
export function isMachinesFault(failure: Failure): boolean {
  return ofTheMachine.has(failure.code);
}

/** Whether a task failed because its machine is about to go, which is nothing that the task could have done. */
export function isOfLeaving({ code, details }: Failure): boolean {
  return code === 'AGENT_LOST' && details?.leaving === true;
}

/** A machine that the job lost, and what it said. */
export interface Loss {
  readonly place: string;
  readonly error: MegalithError;
}

/** The error of a job that has no machine left: the last one's, with what each said in its details. */
export function noPlaceLeft(losses: readonly Loss[]): MegalithError {
  const { place, error } = losses.at(-1)!;
  const message = losses.length === 1 ? error.message : `no machine is left; the last, "${place}": ${error.message}`;
  return new MegalithError(error.code, message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    details: {
      ...error.details,
      machines: losses.map(loss => ({ name: loss.place, code: loss.error.code, message: loss.error.message })),
    },
    cause: error,
  });
}
