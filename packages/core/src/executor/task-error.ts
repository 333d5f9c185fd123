import { inspect } from 'node:util';
import { type Failure, MegalithError, reviveThrown } from '@megalith/agent';

/** Which task an error is about. */
export interface TaskPlace {
  readonly job: string;
  readonly jobName: string;
  /** Undefined for the only task of a single call, which needs no number in its name. */
  readonly number: number | undefined;
  readonly index: number;
  readonly attempt: number;
  /** The machine, where known. */
  readonly where: string | undefined;
}

/** The error that a task's future rejects with; what the task threw is its `cause`. */
export function taskError(failure: Failure, place: TaskPlace): MegalithError {
  const task = place.number === undefined ? `"${place.jobName}"` : `task ${place.number} of "${place.jobName}"`;
  const threw = failure.code === 'THREW' && failure.thrown !== undefined;
  const cause = threw ? reviveThrown(failure.thrown) : undefined;
  const message = threw ? `${task} threw ${inShort(cause)}` : `${task}: ${failure.message}`;
  return new MegalithError(failure.code, message, {
    ...(failure.hint === undefined ? {} : { hint: failure.hint }),
    ...(cause === undefined ? {} : { cause }),
    details: {
      ...failure.details,
      job: place.job,
      index: place.index,
      attempt: place.attempt,
      ...(place.where === undefined ? {} : { where: place.where }),
      ...(failure.exitCode === undefined ? {} : { exitCode: failure.exitCode }),
      ...(failure.signal === undefined ? {} : { signal: failure.signal }),
      ...(failure.stderrTail === undefined ? {} : { stderrTail: failure.stderrTail }),
    },
  });
}

/** What the user's own code threw, where that is what failed; else the error itself. For interfaces that promise the original. */
export function originalError(error: unknown): unknown {
  return error instanceof MegalithError && error.code === 'THREW' && 'cause' in error ? error.cause : error;
}

/** `TypeError: x is not a function`, or the thrown value as code would show it. */
export function inShort(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message === '' ? thrown.name : `${thrown.name}: ${thrown.message}`;
  return inspect(thrown, { depth: 1, maxStringLength: 200, breakLength: Number.POSITIVE_INFINITY });
}
