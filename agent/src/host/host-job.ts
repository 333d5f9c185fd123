import type { DurableJob } from '../durable/durable-job.js';
import type { JobJournal } from '../journal/job-journal.js';
import { ByteWriter } from '../protocol/byte-writer.js';
import type { RunningJob } from '../protocol/machine-messages.js';
import {
  type AttemptStats,
  type Failure,
  type HostMessage,
  initialCredit,
  type JobSpec,
} from '../protocol/messages.js';
import { RecordCursor, recordKind, type TaskRef, writeFailed, writeStarted } from '../protocol/records.js';
import type { TaskSpan } from '../protocol/tasks.js';
import { createRedactor, type Redactor } from '../secrets/redactor.js';
import { averageTaskMs } from './batch-size.js';
import { type BundleFile, storeBundle } from './bundle-file.js';
import type { Allowance } from './credit.js';
import { TaskQueue } from './task-queue.js';

/** Events of one job that may wait for the disk before their source has to. */
export const journalBacklogBytes = 32 * 2 ** 20;

/** One job as its host sees it: what waits, what runs, what is over. */
export class HostJob {
  /** Unique on this host; records from slots carry it. */
  readonly number: number;
  readonly spec: JobSpec;
  readonly connection: JobClient;
  readonly journal: JobJournal;
  readonly queue = new TaskQueue();
  /** Single tasks that were in a slot when it died and nobody knew which one did it: each runs alone, to find out. */
  readonly suspects: Suspect[] = [];
  /** Why the client cancelled tasks one by one, by index. */
  readonly cancelled = new Map<number, Failure>();
  /** Tasks that came from the client, and tasks that had their last event. */
  received = 0;
  settled = 0;
  /** Tasks that slots or processes have now. */
  running = 0;
  /** Slots that work for the job now, and the most there were. */
  slots = 0;
  peakSlots = 0;
  /** False while shared inputs are still on their way. */
  ready = true;
  sharedBytesMissing: number;
  taskCount: number | undefined;
  /** What one task took of late. */
  taskMs: number | undefined;
  lastBatch = 0;
  /** Why no task of it begins any more. */
  stopped: Failure | undefined;
  /** Slots that died before they could run a task of it. */
  startDeaths = 0;
  /** Set once a slot died with several tasks begun: from then on a death concerns one task, and none runs twice for another's sake. */
  oneByOne = false;
  over = false;
  /** Set for a job that outlives its clients. */
  readonly durable: DurableJob | undefined;
  #secrets: Readonly<Record<string, string>> | undefined;
  #redactor: Redactor | undefined;
  readonly #bundleFile: BundleFile | undefined;
  /** Set when it was a failed task that stopped it, until its running tasks were told. */
  halted = false;
  #mayGoOn = true;
  /** It was stopped for what had not begun: what runs may go on for now. */
  #sparesRunning = false;
  /** What its one client may still send; the clients of a durable job have theirs in its feeds. */
  readonly allowance: Allowance;

  constructor(
    number: number,
    spec: JobSpec,
    client: JobClient,
    journal: JobJournal,
    home: string,
    durable?: DurableJob,
  ) {
    this.number = number;
    this.spec = spec;
    this.connection = client;
    this.allowance = {
      send: message => client.send(message),
      number: spec.job,
      grantedTasks: initialCredit.tasks,
      grantedBytes: initialCredit.bytes,
    };
    this.durable = durable;
    if (spec.secrets !== undefined) this.giveSecrets(spec.secrets);
    this.journal = journal;
    const shared = spec.work.kind === 'function' ? spec.work.shared : [];
    this.sharedBytesMissing = shared.reduce((sum, one) => sum + (one.source === 'bytes' ? one.byteLength : 0), 0);
    this.#bundleFile = spec.work.kind === 'function' ? storeBundle(home, spec.work.bundle) : undefined;
  }

  /** What must come from a client before a task can begin. */
  get waitsFor(): RunningJob['waitsFor'] {
    if (this.sharedBytesMissing > 0) return 'shared inputs';
    if (this.durable?.awaitsFiles) return 'files';
    return this.#secrets === undefined && (this.durable?.needsSecrets ?? false) ? 'secrets' : undefined;
  }

  /** The variables that its tasks get. */
  get env(): Readonly<Record<string, string>> {
    return { ...this.spec.env, ...this.#secrets };
  }

  /** The values of the job's secrets, which are in no file: after a restart only a client has them. */
  giveSecrets(secrets: Readonly<Record<string, string>>): void {
    this.#secrets = secrets;
    this.#redactor = Object.keys(secrets).length === 0 ? undefined : createRedactor(secrets);
  }

  get hasSecrets(): boolean {
    return this.#secrets !== undefined;
  }

  get bundle(): BundleFile {
    if (this.#bundleFile === undefined) throw new Error(`job "${this.spec.id}" has no bundle`);
    return this.#bundleFile;
  }

  /** Whether one more slot may work for it, as far as its client says. */
  get mayHaveSlot(): boolean {
    return this.slots < (this.spec.slots ?? Number.POSITIVE_INFINITY);
  }

  /** Tasks that could begin now. */
  get waiting(): number {
    return this.queue.length + this.suspects.length;
  }

  /** True once every task that will ever come has had its last event. */
  get finished(): boolean {
    const isIdle = this.waiting === 0 && this.running === 0 && (this.durable?.retries?.waiting ?? 0) === 0;
    return this.taskCount !== undefined && this.received === this.settled && isIdle;
  }

  tookTasks(tookMs: number, count: number): void {
    if (count > 0) this.taskMs = averageTaskMs(this.taskMs, tookMs, count);
  }

  /** Tasks that come back from a slot unbegun wait again, at the front, or end with the job. */
  takeBack(span: TaskSpan): void {
    this.running -= span.length;
    if (this.stopped !== undefined) this.failTasks([span], this.stopped);
    else this.queue.pushFront(span);
  }

  /** Tasks that were begun where something died, nobody knows in which of them. */
  suspect(span: TaskSpan, needsFreshSlot: boolean): void {
    this.running -= span.length;
    if (this.stopped !== undefined) {
      this.failTasks([span], this.stopped);
      return;
    }
    this.oneByOne = true;
    for (let task = 0; task < span.length; task++) {
      this.suspects.push({ span: span.slice(task, task + 1), needsFreshSlot });
    }
  }

  /** Whether a task is to end: its own cancellation, or the job's end. */
  endOf(index: number): Failure | undefined {
    if (this.stopped !== undefined && !this.#sparesRunning) return this.stopped;
    return this.cancelled.get(index);
  }

  /** Sends records of this job to the client and the journal; false asks to pause until `whenRead` calls back. */
  emit(told: Buffer): boolean {
    const records = this.#redactor === undefined ? told : this.#redactor.redact(told);
    const failed = this.durable === undefined ? this.#tell(records) : this.#record(records, this.durable);
    if (failed !== undefined && this.spec.stopsOnFailure === true) this.#halt(failed);
    return this.#mayGoOn;
  }

  /** @returns a task that failed */
  #tell(records: Buffer): number | undefined {
    let failed: number | undefined;
    const cursor = new RecordCursor(records);
    while (cursor.advance()) {
      this.journal.tally.add(cursor);
      // The client knows the job by a number of its own.
      cursor.setJob(this.spec.job);
      if (cursor.kind === recordKind.failed && cursor.failureCode !== 'CANCELLED') failed ??= cursor.index;
    }
    this.journal.records([records]);
    this.#mayGoOn = this.connection.sendRecords(records) && this.journal.pending < journalBacklogBytes;
    return failed;
  }

  /** @returns a task that failed for good */
  #record(records: Buffer, durable: DurableJob): number | undefined {
    const { retried, failedForGood } = durable.record(records, this.journal, index => this.endOf(index) !== undefined);
    // A task that is tried again counts as another that came.
    this.received += retried;
    this.#mayGoOn = this.journal.pending < journalBacklogBytes;
    return failedForGood;
  }

  #halt(failed: number): void {
    if (this.stopped !== undefined) return;
    this.halted = true;
    this.stop({ code: 'CANCELLED', message: `cancelled: task ${failed} failed` });
  }

  /** Calls back once client and disk have caught up. */
  whenRead(callback: () => void): void {
    this.connection.onDrained(() => void this.journal.drained().then(callback));
  }

  started(task: Omit<TaskRef, 'job'>, at: number, slot: number): void {
    const out = new ByteWriter(32);
    writeStarted(out, { ...task, job: this.number }, at, slot);
    this.emit(out.take());
  }

  /** The last event of tasks that did not get to give one themselves. */
  failTasks(spans: readonly TaskSpan[], failure: Failure, stats?: AttemptStats): void {
    const out = new ByteWriter();
    for (const span of spans) {
      for (let task = 0; task < span.length; task++) {
        const ref = { job: this.number, index: span.indexOf(task), attempt: span.attemptOf(task) };
        writeFailed(out, ref, failure, stats);
      }
      this.settled += span.length;
    }
    if (out.length > 0) this.emit(out.take());
  }

  /** A task was running when the host before this one was killed. */
  lost(task: Omit<TaskRef, 'job'>, failure: Failure, isRetried: boolean): void {
    const out = new ByteWriter();
    writeFailed(out, { ...task, job: this.number }, failure);
    const records = out.take();
    if (!isRetried) this.settled++;
    else this.durable?.attempts.raise(task.index, task.attempt + 1);
    this.durable?.recordLoss(records, this.journal, isRetried);
  }

  /** Fails the tasks that wait and were cancelled. */
  dropCancelled(): void {
    for (const span of [
      ...this.queue.remove(this.cancelled),
      ...(this.durable?.retries?.withdraw(this.cancelled) ?? []),
    ]) {
      const failure = this.cancelled.get(span.indexOf(0));
      if (failure !== undefined) this.failTasks([span], failure);
    }
  }

  /** No task begins any more: those that wait fail now, as will those still to come. */
  stop(failure: Failure): void {
    if (this.#sparesRunning) this.stopped = failure;
    this.#sparesRunning = false;
    this.stopped ??= failure;
    const suspects = this.suspects.splice(0).map(suspect => suspect.span);
    const retries = this.durable?.retries?.withdraw() ?? [];
    this.failTasks([...this.queue.clear(), ...suspects, ...retries], this.stopped);
  }

  /** The machine leaves: no task begins any more, and with `all` none is left running. */
  giveUp(failure: Failure, what: 'waiting' | 'all'): void {
    if (this.stopped !== undefined && !this.#sparesRunning) return;
    this.stop(failure);
    this.#sparesRunning = what === 'waiting';
  }
}

/** Who submitted a job, and reads what becomes of it. */
export interface JobClient {
  /** The slot that this client lives in. */
  readonly insideSlot: number | undefined;
  /** Jobs of this client by its own numbers. */
  readonly jobs: Map<number, HostJob>;
  send(message: HostMessage): void;
  /** False asks to pause until `onDrained` calls back. */
  sendRecords(records: Buffer): boolean;
  /** Calls back once the client has caught up. */
  onDrained(callback: () => void): void;
}

export interface Suspect {
  readonly span: TaskSpan;
  /** An error came out of the blue: only where nothing ran before can it be this task's. */
  readonly needsFreshSlot: boolean;
}
