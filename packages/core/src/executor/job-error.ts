import { isMegalithError, MegalithError } from '@megalith/agent';
import { inShort } from './task-error.js';

/** The job that an error is about. */
interface JobName {
  readonly id: string;
  readonly name: string;
}

/** Somebody ended the job. @param reason in words, or the reason of an AbortSignal */
export function cancelled({ id, name }: JobName, reason: unknown): MegalithError {
  return new MegalithError('CANCELLED', `"${name}" was cancelled: ${inWords(reason)}`, {
    details: { job: id },
    ...(typeof reason === 'string' ? {} : { cause: reason }),
  });
}

/** The job ended itself after a failure, as it was told. */
export function stopped({ id, name }: JobName, reason: string): MegalithError {
  return new MegalithError('CANCELLED', `"${name}" was stopped: ${reason}`, { details: { job: id } });
}

/** The items of the job came to an end that was none. An error that has a code keeps it. */
export function inputFailed({ id, name }: JobName, cause: unknown, read: number): MegalithError {
  if (isMegalithError(cause)) {
    const message = `the input of "${name}" failed after ${read} items: ${cause.message}`;
    const hint = cause.hint === undefined ? {} : { hint: cause.hint };
    return new MegalithError(cause.code, message, { cause, details: { ...cause.details, job: id }, ...hint });
  }
  return new MegalithError('THREW', `the input of "${name}" threw ${inShort(cause)} after ${read} items`, {
    cause,
    details: { job: id },
  });
}

/** The predicate of the retry policy is the caller's, and failed. */
export function predicateFailed({ id, name }: JobName, cause: unknown): MegalithError {
  const message = `"when" of the retry policy of "${name}" threw ${inShort(cause)}`;
  return new MegalithError('THREW', message, { cause, details: { job: id } });
}

/** The backend's events ended too soon. */
export function cutOff({ id, name }: JobName, missing: number): MegalithError {
  const message = `the backend of "${name}" went away with ${missing} tasks unaccounted for`;
  return new MegalithError('AGENT_LOST', message, { details: { job: id } });
}

/** Whatever ended the job, as an error with a code. */
export function jobFailed({ id, name }: JobName, error: unknown): MegalithError {
  if (isMegalithError(error)) return error;
  const message = `"${name}" could not go on: ${inShort(error)}`;
  return new MegalithError('AGENT_LOST', message, { cause: error, details: { job: id } });
}

export function inWords(reason: unknown): string {
  return typeof reason === 'string' ? reason : inShort(reason);
}

export function cannotDetach(id: string): MegalithError {
  return new MegalithError('USAGE', `job "${id}" cannot outlive this program where it runs`, {
    hint: "use the backend 'standalone'",
  });
}

/** The job was left on purpose. */
export function leftAlone(id: string): MegalithError {
  return new MegalithError('CONTACT_LOST', `job "${id}" was left to itself`, {
    hint: `it goes on: \`megalith jobs attach ${id}\``,
    details: { id },
  });
}
