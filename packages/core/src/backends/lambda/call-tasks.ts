import { appendTask, ByteWriter, beginTasks } from '@megalith/agent';
import type { TaskInput } from '../backend.js';

/** A task between its source and its last event. */
export interface CallTask {
  readonly index: number;
  readonly attempt: number;
  /** As it stands in a `tasks` frame. */
  readonly bytes: Buffer;
  /** It was in a call with others that ended badly: the next one has it alone. */
  readonly isAlone: boolean;
  /** So many calls gave it back before it began. */
  readonly unbegun: number;
}

/** The job's number in frames of a call, which has one job only. */
export const callJob = 1;

/** Where a `tasks` frame has its first task, behind the job's number. */
const firstTaskAt = 4;
/** Where a task has its attempt, behind its index. */
const attemptAt = 4;

/** @throws MegalithError NOT_SERIALIZABLE */
export function callTask({ index, attempt, item }: TaskInput): CallTask {
  const out = new ByteWriter(128);
  beginTasks(out, callJob);
  appendTask(out, index, attempt, item);
  return { index, attempt, bytes: out.take().subarray(firstTaskAt), isAlone: false, unbegun: 0 };
}

/** The task's next attempt, which nobody is to share a call with. */
export function nextAlone({ index, attempt, bytes }: CallTask): CallTask {
  const again = Buffer.from(bytes);
  again.writeUInt16LE(attempt + 1, attemptAt);
  return { index, attempt: attempt + 1, bytes: again, isAlone: true, unbegun: 0 };
}

/** So often a task may come back unbegun from calls that it shared; then it gets one of its own. */
const sharedReturns = 3;

/** The same attempt, for another call. */
export function againUnbegun(task: CallTask): CallTask {
  const unbegun = task.unbegun + 1;
  return { ...task, unbegun, isAlone: task.isAlone || unbegun >= sharedReturns };
}

/** The payload of a `tasks` frame. */
export function tasksPayload(tasks: readonly CallTask[]): Buffer {
  const job = Buffer.alloc(firstTaskAt);
  job.writeUInt32LE(callJob, 0);
  return Buffer.concat([job, ...tasks.map(task => task.bytes)]);
}
