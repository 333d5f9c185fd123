import type { Failure, MegalithError, TaskEvent } from '@megalith/agent';
import { formatSize } from '../../config/size.js';
import { failureError } from '../agent/failure-error.js';
import { againUnbegun, type CallTask, nextAlone } from './call-tasks.js';
import { type Fault, overPayloadHint } from './function-fault.js';
import type { ReadReply } from './read-reply.js';

/** How a call ended, as far as its tasks are concerned. */
export type CallOutcome =
  | { readonly kind: 'replied'; readonly reply: ReadReply }
  | { readonly kind: 'failed'; readonly fault: Fault }
  | { readonly kind: 'lost'; readonly error: MegalithError }
  | { readonly kind: 'refused'; readonly error: MegalithError }
  /** Its request does not fit a call, and did not run. */
  | { readonly kind: 'tooLarge'; readonly failure: Failure };

/** What becomes of the tasks of a call. Each has its last event here, goes to another call, or ends with the job. */
export interface Verdict {
  readonly events: readonly TaskEvent[];
  /** Tasks for another call. */
  readonly again: readonly CallTask[];
  /** Why the job as a whole cannot go on. */
  readonly jobError?: MegalithError;
}

/** Judges a call. Where one of several tasks ended it for all, nobody knows which: each is tried again alone. */
export function verdictOf(outcome: CallOutcome, tasks: readonly CallTask[]): Verdict {
  switch (outcome.kind) {
    case 'replied':
      return ofReply(outcome.reply, tasks);
    case 'failed':
      return outcome.fault.of === 'function'
        ? { events: [], again: [], jobError: outcome.fault.error }
        : endedTogether(tasks, outcome.fault.failure);
    case 'lost':
      return { events: tasks.map(task => failed(task, lostFailure(outcome.error))), again: [] };
    case 'refused':
      return { events: [], again: [], jobError: outcome.error };
    case 'tooLarge':
      if (tasks.length === 1) return { events: tasks.map(task => failed(task, outcome.failure)), again: [] };
      return { events: [], again: tasks.map(task => ({ ...task, isAlone: true })) };
  }
}

function ofReply(reply: ReadReply, tasks: readonly CallTask[]): Verdict {
  if (reply.jobFailure !== undefined) return { events: [], again: [], jobError: failureError(reply.jobFailure) };
  if (reply.tooLargeBytes !== undefined) return ofTooLarge(reply, reply.tooLargeBytes, tasks);
  const attempts = new Map(tasks.map(task => [task.index, task.attempt]));
  const events = reply.events.filter(({ index, attempt }) => attempts.get(index) === attempt);
  const ended = new Set(
    events.flatMap(event => (event.type === 'done' || event.type === 'failed' ? [event.index] : [])),
  );
  const returned = new Set(reply.returned);
  const open = tasks.filter(({ index }) => !ended.has(index));
  const forgotten = open.filter(({ index }) => !returned.has(index));
  const unbegun = ofUnbegun(
    open.filter(({ index }) => returned.has(index)),
    tasks.length,
  );
  return {
    events: [...events, ...forgotten.map(task => failed(task, forgottenFailure)), ...unbegun.events],
    again: unbegun.again,
  };
}

/** The tasks ran, and their results could not come. */
function ofTooLarge({ returned }: ReadReply, bytes: number, tasks: readonly CallTask[]): Verdict {
  const unbegun = new Set(returned);
  const ran = tasks.filter(({ index }) => !unbegun.has(index));
  const { events, again } = endedTogether(ran, {
    code: 'OVER_PAYLOAD',
    message: `the answer of the function would have ${formatSize(bytes)}, which is more than a call can carry`,
    hint: overPayloadHint,
  });
  const back = ofUnbegun(
    tasks.filter(({ index }) => unbegun.has(index)),
    tasks.length,
  );
  return { events: [...events, ...back.events], again: [...again, ...back.again] };
}

/** Calls that a task has to itself and that give it back: after so many, no further one is paid for. */
const mostReturns = 5;

/** Tasks that came back. One that does not even begin in the time of a call of its own never will. */
function ofUnbegun(tasks: readonly CallTask[], inCall: number): Verdict {
  const isHopeless = (task: CallTask): boolean => inCall === 1 && task.unbegun + 1 >= mostReturns;
  return {
    events: tasks.filter(isHopeless).map(task => failed(task, neverBegunFailure)),
    again: tasks.filter(task => !isHopeless(task)).map(againUnbegun),
  };
}

function endedTogether(tasks: readonly CallTask[], failure: Failure): Verdict {
  if (tasks.length <= 1) return { events: tasks.map(task => failed(task, failure)), again: [] };
  return { events: tasks.map(task => ({ ...failed(task, failure), retrying: true })), again: tasks.map(nextAlone) };
}

function failed({ index, attempt }: CallTask, failure: Failure) {
  return { type: 'failed', job: 0, index, attempt, failure } as const;
}

function lostFailure({ message, hint, details }: MegalithError): Failure {
  return {
    code: 'AGENT_LOST',
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(details === undefined ? {} : { details }),
  };
}

const forgottenFailure: Failure = {
  code: 'AGENT_LOST',
  message: 'the function answered without a word of this task',
  hint: 'the task may have run: with `retries` it is tried again',
};

const neverBegunFailure: Failure = {
  code: 'TIMED_OUT',
  message: `the time of ${mostReturns} function calls was over before the task could begin`,
  hint: 'raise `timeout` in the section `lambda` of the config, or run it on a machine',
  details: { limit: 'function' },
};
