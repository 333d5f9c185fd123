import type { Allowance } from '../host/credit.js';
import type { HostJob, JobClient } from '../host/host-job.js';
import type { JobJournal } from '../journal/job-journal.js';
import { JournalTail } from '../journal/journal-tail.js';
import type { WrittenEntry } from '../journal/journal-writer.js';
import type { Failure, JobSpec } from '../protocol/messages.js';
import { RecordCursor, type RecordKind, recordKind } from '../protocol/records.js';
import type { TaskSpan } from '../protocol/tasks.js';
import { Attempts } from './attempts.js';
import type { JobReader } from './job-reader.js';
import type { Retries } from './retries.js';

/** A client that sends a job's tasks, and how many of them it knows to be on disk. */
export interface Feed extends Allowance {
  received: number;
  /** The client has sent all its tasks. */
  hasEnded: boolean;
  /** It may send as much as it likes. */
  isUnlimited: boolean;
}

/** Tasks that came and are on disk once the journal is written up to `end`. */
interface Receipt {
  readonly feed: Feed;
  readonly received: number;
  readonly end: number;
}

/** What a job has that outlives its clients: whoever submits or reads it comes and goes, and the journal is what they share. */
export class DurableJob implements JobClient {
  readonly insideSlot = undefined;
  readonly jobs = new Map<number, HostJob>();
  readonly readers = new Set<JobReader>();
  readonly feeds = new Set<Feed>();
  readonly attempts = new Attempts();
  readonly tail: JournalTail;
  retries: Retries | undefined;
  /** Files of the job are still to come. */
  awaitsFiles: boolean;
  /** Its tasks can't begin without secrets. */
  readonly needsSecrets: boolean;
  readonly #receipts: Receipt[] = [];
  /** Tasks with logs of their running attempt. */
  readonly #logged = new Set<number>();

  constructor(spec: JobSpec, secretNames: readonly string[] = Object.keys(spec.secrets ?? {}), journalEnd = 0) {
    this.awaitsFiles = spec.awaitsFiles ?? false;
    this.needsSecrets = secretNames.length > 0;
    this.tail = new JournalTail(journalEnd);
  }

  /** Of the tasks that came, those that were not here before. */
  takeIn(span: TaskSpan): TaskSpan[] {
    const fresh: TaskSpan[] = [];
    let from = 0;
    for (let task = 0; task < span.length; task++) {
      if (this.attempts.raise(span.indexOf(task), span.attemptOf(task))) continue;
      if (task > from) fresh.push(span.slice(from, task));
      from = task + 1;
    }
    if (from < span.length) fresh.push(from === 0 ? span : span.slice(from));
    return fresh;
  }

  /** Tells the client of its tasks once the journal is written up to `end`. */
  receipt(feed: Feed, count: number, end: number): void {
    feed.received += count;
    this.#receipts.push({ feed, received: feed.received, end });
    this.#acknowledge(this.tail.end);
  }

  written(entry: WrittenEntry): void {
    this.tail.add(entry);
    this.#acknowledge(entry.end);
  }

  #acknowledge(end: number): void {
    let count = 0;
    const news = new Map<Feed, number>();
    for (const receipt of this.#receipts) {
      if (receipt.end > end) break;
      news.set(receipt.feed, receipt.received);
      count++;
    }
    if (count === 0) return;
    this.#receipts.splice(0, count);
    for (const [feed, tasks] of news) feed.send({ type: 'kept', job: feed.number, tasks });
  }

  /** Puts task events into the journal, logs apart from the rest; readers get them from there. */
  record(records: Buffer, journal: JobJournal, isStopped: (index: number) => boolean): RecordedEnds {
    const logs: Buffer[] = [];
    const events: Buffer[] = [];
    const ends: RecordedEnds = { retried: 0, failedForGood: undefined };
    const cursor = new RecordCursor(records);
    let runStart = 0;
    let inLogs: boolean | undefined;
    const cut = (at: number): void => {
      if (inLogs !== undefined && at > runStart) (inLogs ? logs : events).push(records.subarray(runStart, at));
      runStart = at;
    };
    while (cursor.advance()) {
      const isLog = cursor.kind === recordKind.log;
      if (isLog !== inLogs) cut(cursor.start);
      inLogs = isLog;
      this.#note(cursor, ends, isStopped);
      journal.tally.add(cursor);
    }
    cut(records.length);
    if (logs.length > 0) journal.logs(logs);
    if (events.length > 0) journal.records(events);
    return ends;
  }

  /** The end of an attempt that went with its host, which is not the task's fault. */
  recordLoss(record: Buffer, journal: JobJournal, isRetried: boolean): void {
    const cursor = new RecordCursor(record);
    cursor.advance();
    if (isRetried) cursor.setRetrying();
    // It may have written logs; its reader then waits for them.
    cursor.setLogged();
    journal.tally.add(cursor);
    journal.records([record]);
  }

  #note(cursor: RecordCursor, ends: RecordedEnds, isStopped: (index: number) => boolean): void {
    const { index } = cursor;
    const kind: RecordKind = cursor.kind;
    if (kind === recordKind.log) {
      this.#logged.add(index);
      return;
    }
    if (kind !== recordKind.done && kind !== recordKind.failed) return;
    if (this.#logged.delete(index)) cursor.setLogged();
    if (kind === recordKind.done) {
      this.retries?.done(index);
      return;
    }
    const code = cursor.failureCode;
    // A machine that leaves tries nothing again.
    if (code !== 'AGENT_LOST' && !isStopped(index) && this.retries?.failed(index, cursor.attempt, code) === true) {
      this.attempts.raise(index, cursor.attempt + 1);
      cursor.setRetrying();
      ends.retried++;
    } else if (code !== 'CANCELLED') {
      ends.failedForGood ??= index;
    }
  }

  send(): void {
    // What its clients are told of it is in the journal.
  }

  sendRecords(): boolean {
    return true;
  }

  onDrained(callback: () => void): void {
    callback();
  }

  /** The journal can't be written: the readers learn it from here, for it can't tell them itself. */
  journalFailed(failure: Failure): void {
    for (const reader of this.readers) reader.fail(failure);
    this.readers.clear();
  }
}

/** What a batch of records ended. */
export interface RecordedEnds {
  retried: number;
  failedForGood: number | undefined;
}
