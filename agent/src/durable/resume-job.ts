import { hostname } from 'node:os';
import type { HostJob } from '../host/host-job.js';
import { type ControlEntry, decodeControl } from '../journal/entries.js';
import { type JobFolder, readJobFolders } from '../journal/job-folders.js';
import { journalPath } from '../journal/job-journal.js';
import { JournalReader } from '../journal/journal-reader.js';
import { type KeptSpec, readKeptSpec } from '../journal/kept-spec.js';
import { isAlive } from '../process/process-identity.js';
import type { Failure } from '../protocol/messages.js';
import { RecordCursor, recordKind } from '../protocol/records.js';
import { TaskSpan } from '../protocol/tasks.js';
import type { DurableJob } from './durable-job.js';

/** A task that was running this often when its host died is held to be the cause, and not begun again. */
const mostLosses = 3;

export interface AbandonedJob {
  readonly folder: JobFolder;
  readonly kept: KeptSpec;
}

/** The durable jobs of this machine that have not ended and whose host is dead; `broken` tells why some can't be gone on with, by id. */
export async function abandonedJobs(
  home: string,
): Promise<{ readonly found: readonly AbandonedJob[]; readonly broken: ReadonlyMap<string, unknown> }> {
  const found: AbandonedJob[] = [];
  const broken = new Map<string, unknown>();
  const { jobs } = await readJobFolders(home);
  for (const folder of jobs) {
    const { description, summary, dir } = folder;
    const isOurs = description.durable === true && description.hostname === hostname();
    if (!isOurs || summary !== undefined || isAlive(description.host)) continue;
    try {
      const kept = await readKeptSpec(dir);
      if (kept !== undefined) found.push({ folder, kept });
    } catch (error) {
      broken.set(folder.id, error);
    }
  }
  found.sort((a, b) => (a.folder.description.createdAt < b.folder.description.createdAt ? -1 : 1));
  return { found, broken };
}

/** One task that has not had its last event. */
interface OpenTask {
  readonly span: TaskSpan;
  /** The attempt that was running. */
  begun: number | undefined;
  losses: number;
}

type Ending = ControlEntry & { readonly type: 'ended' };

interface Continuation {
  /** Set where the job had its last word before its host died. */
  readonly ending: Ending | undefined;
  /** Puts the tasks to work, once the job is known to its host. */
  readonly goOn: () => void;
}

/**
 * Brings a job to where its journal says that it was: finished tasks stay finished, those that were running are to run again as a new
 * attempt, and those that had not begun wait.
 */
export async function continueJob(job: HostJob, durable: DurableJob): Promise<Continuation> {
  await job.journal.flush();
  const open = new Map<number, OpenTask>();
  let stop: Failure | undefined;
  let ending: Ending | undefined;
  for await (const { kind, payload } of new JournalReader(journalPath(job.journal.dir))) {
    if (kind === 'tasks') openTasks(open, TaskSpan.parse(payload), durable);
    else if (kind !== 'control') {
      const failed = readEvents(open, payload, job, durable);
      if (failed !== undefined && job.spec.stopsOnFailure === true) stop ??= stoppedBy(failed);
    } else {
      const entry = decodeControl(payload);
      if (entry.type === 'taskCount') {
        job.taskCount = entry.taskCount;
        job.journal.tally.complete(entry.taskCount);
      } else if (entry.type === 'filesReady') durable.awaitsFiles = false;
      else if (entry.type === 'ended') ending = entry;
      else if (entry.type === 'cancelled') {
        const failure: Failure = { code: 'CANCELLED', message: `cancelled: ${entry.reason}` };
        if (entry.indexes === undefined) stop ??= failure;
        for (const index of entry.indexes ?? []) job.cancelled.set(index, failure);
      }
    }
  }
  job.ready = job.waitsFor === undefined;
  job.received = open.size;
  const goOn = (): void => {
    const waiting: TaskSpan[] = [];
    for (const [index, task] of open) {
      durable.retries?.received(task.span);
      if (task.begun === undefined) waiting.push(task.span);
      else {
        const next = afterLoss(job, index, task);
        if (next !== undefined) waiting.push(next);
        else if (job.spec.stopsOnFailure === true) stop ??= stoppedBy(index);
      }
    }
    for (const span of waiting) job.queue.push(span);
    if (stop !== undefined) job.stop(stop);
    else job.dropCancelled();
  };
  return { ending, goOn };
}

function stoppedBy(index: number): Failure {
  return { code: 'CANCELLED', message: `cancelled: task ${index} failed` };
}

function openTasks(open: Map<number, OpenTask>, span: TaskSpan, durable: DurableJob): void {
  for (let task = 0; task < span.length; task++) {
    const index = span.indexOf(task);
    durable.attempts.raise(index, span.attemptOf(task));
    open.set(index, { span: span.slice(task, task + 1), begun: undefined, losses: 0 });
  }
}

/** @returns a task that failed for good */
function readEvents(
  open: Map<number, OpenTask>,
  payload: Buffer,
  job: HostJob,
  durable: DurableJob,
): number | undefined {
  let failed: number | undefined;
  const cursor = new RecordCursor(payload);
  while (cursor.advance()) {
    job.journal.tally.add(cursor);
    const { index, attempt, kind } = cursor;
    const task = open.get(index);
    if (task === undefined) continue;
    if (kind === recordKind.done) open.delete(index);
    else if (kind === recordKind.failed && !cursor.retrying) {
      open.delete(index);
      if (cursor.failureCode !== 'CANCELLED') failed ??= index;
    } else if (kind !== recordKind.failed) {
      // A short command is not announced at once: its output tells too that it ran.
      task.begun = attempt;
    } else {
      durable.attempts.raise(index, attempt + 1);
      const losses = task.losses + (cursor.failureCode === 'AGENT_LOST' ? 1 : 0);
      open.set(index, { span: task.span.asAttempt(attempt + 1), begun: undefined, losses });
    }
  }
  return failed;
}

/** The next attempt of a task that was running, or undefined where it has had its last. */
function afterLoss(job: HostJob, index: number, { span, begun = 1, losses }: OpenTask): TaskSpan | undefined {
  const failure: Failure = {
    code: 'AGENT_LOST',
    message: 'the agent was killed while the task ran',
    hint: 'look into the system log of the machine: memory that ran out is the usual reason',
  };
  const isLast = losses + 1 >= mostLosses;
  job.lost({ index, attempt: begun }, failure, !isLast);
  return isLast ? undefined : span.asAttempt(begun + 1);
}
