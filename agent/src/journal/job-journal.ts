import { rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { MegalithError } from '../errors.js';
import type { ProcessIdentity } from '../process/process-identity.js';
import type { Failure, JobSpec } from '../protocol/messages.js';
import { appear } from './appear.js';
import { privateFile, writeFileAtomically, writeFileAtomicallySync } from './atomic-file.js';
import { removeDeadPieces } from './dead-pieces.js';
import { type ControlEntry, encodeControl, type JournalledSpec, journalledSpec } from './entries.js';
import { jobFolder } from './home.js';
import { descriptionPath, type JobDescription, jobFormatVersion } from './job-description.js';
import type { JobFolder } from './job-folders.js';
import { type JobSummary, summaryPath, tallied } from './job-summary.js';
import { type JobOutcome, JobTally } from './job-tally.js';
import { JournalWriter, type WrittenEntry } from './journal-writer.js';
import { dropKeptSpec, keepSpec } from './kept-spec.js';
import { writeFailure } from './write-failure.js';

export interface JobJournalOptions {
  /** This process. */
  readonly host: ProcessIdentity;
  /** Called once, when the job can no longer be recorded; the host then ends the job, for accepted means journalled. */
  readonly onError: (error: MegalithError) => void;
  /** Epoch milliseconds. @defaultValue `Date.now` */
  readonly now?: () => number;
  /** Called for each entry once it is written, in order. */
  readonly onWritten?: (entry: WrittenEntry) => void;
  /** The job may be gone on with by another host: its whole description is kept beside the journal, but for its secrets. */
  readonly durable?: boolean;
}

/** The journal's file in a job's folder. */
export function journalPath(folder: string): string {
  return join(folder, 'journal');
}

/**
 * A job's record on disk, as the job host writes it: `job.json` at once, what happens into `journal`, and `summary.json`
 * at the end.
 */
export class JobJournal {
  readonly dir: string;
  /** Counts the tasks for the summary: the host adds every event that it passes to `records`. */
  readonly tally = new JobTally();
  readonly #writer: JournalWriter;
  readonly #now: () => number;
  readonly #onError: (error: MegalithError) => void;
  #ended: Promise<void> | undefined;

  private constructor(dir: string, options: JobJournalOptions, writer: JournalWriter) {
    this.dir = dir;
    this.#now = options.now ?? Date.now;
    this.#onError = options.onError;
    this.#writer = writer;
  }

  /**
   * Accepts a job: its folder and description are on disk when this returns.
   * @throws MegalithError USAGE for a bad id or one that is taken, DISK_FULL, JOURNAL_FAILED
   */
  static open(home: string, spec: JobSpec, options: JobJournalOptions): JobJournal {
    const dir = jobFolder(home, spec.id);
    const at = (options.now ?? Date.now)();
    const submitted = journalledSpec(spec);
    appear(home, spec.id, begun => {
      if (options.durable) keepSpec(begun, spec);
      writeFileAtomicallySync(descriptionPath(begun), JSON.stringify(describeJob(submitted, options, at)));
      writeFileSync(journalPath(begun), '', { mode: privateFile });
    });
    try {
      const journal = new JobJournal(dir, options, JournalWriter.open(journalPath(dir), options));
      journal.#control({ type: 'submitted', at, spec: submitted });
      return journal;
    } catch (cause) {
      rmSync(dir, { recursive: true, force: true });
      throw writeFailure(dir, cause);
    }
  }

  /**
   * Goes on with the journal of a durable job whose host was killed: what was half-written is cut off.
   * @throws MegalithError JOURNAL_FAILED for a damaged journal, DISK_FULL
   */
  static async resume(job: Pick<JobFolder, 'dir' | 'description'>, options: JobJournalOptions): Promise<JobJournal> {
    const { dir, description } = job;
    await removeDeadPieces(dir);
    const journal = new JobJournal(dir, options, await JournalWriter.resume(journalPath(dir), options));
    const { host } = options;
    await writeFileAtomically(descriptionPath(dir), JSON.stringify({ ...description, host, hostname: hostname() }));
    journal.#control({ type: 'resumed', at: journal.#now(), host });
    return journal;
  }

  /** Where the file ends once all so far is written. */
  get end(): number {
    return this.#writer.end;
  }

  /** Bytes that wait to be written. */
  get pending(): number {
    return this.#writer.pending;
  }

  /** Settles once the disk keeps up again; before that, take no more events in. */
  drained(): Promise<void> {
    return this.#writer.drained();
  }

  /** Settles once all so far is written; throws the journal's failure. */
  flush(): Promise<void> {
    return this.#writer.flush();
  }

  /**
   * Task events of this job and no other: the payload of a `records` frame. The parts are kept by reference and must not
   * change any more, not even the job's number in them, which readers ignore. Those that come after `ended` are not kept.
   */
  records(parts: readonly Uint8Array[]): void {
    if (!this.#ended) this.#writer.append('records', parts);
  }

  /** Logs of a durable job, apart from its other events. */
  logs(parts: readonly Uint8Array[]): void {
    if (!this.#ended) this.#writer.append('logs', parts);
  }

  /** Tasks of a durable job as they came: the payload of a `tasks` frame. */
  tasks(payload: Uint8Array): void {
    if (!this.#ended) this.#writer.append('tasks', [payload]);
  }

  filesReady(): void {
    this.#control({ type: 'filesReady', at: this.#now() });
  }

  /** No more tasks will come: `taskCount` in all. */
  complete(taskCount: number): void {
    this.tally.complete(taskCount);
    this.#control({ type: 'taskCount', at: this.#now(), taskCount });
  }

  /** Someone asked for the end of the whole job, or of the tasks named. */
  cancelled(reason: string, indexes?: readonly number[]): void {
    this.#control({ type: 'cancelled', at: this.#now(), reason, ...(indexes && { indexes }) });
  }

  /** Stands for a `done` event whose result is over `largePayloadBytes`, where the host chose not to record that. */
  omitted(index: number, attempt: number, byteLength: number): void {
    this.#control({ type: 'omitted', at: this.#now(), index, attempt, byteLength });
  }

  /**
   * Writes how the job ended, and closes. Idempotent; the first call counts.
   * @param state by default as the tally stands
   * @param failure why the job as a whole could not run
   * @throws MegalithError the journal's failure
   */
  ended(state: JobOutcome = this.tally.outcome, failure?: Failure): Promise<void> {
    this.#ended ??= this.#end(state, failure);
    return this.#ended;
  }

  async #end(state: JobOutcome, failure: Failure | undefined): Promise<void> {
    const at = this.#now();
    const { counts, peakMemoryBytes } = this.tally;
    const measured = peakMemoryBytes === undefined ? {} : { peakMemoryBytes };
    this.#write({ type: 'ended', at, state, counts, ...measured, ...(failure && { failure }) });
    const path = summaryPath(this.dir);
    const summary: JobSummary = {
      state,
      endedAt: new Date(at).toISOString(),
      ...tallied(this.tally),
      ...(failure && { failure: inBrief(failure) }),
    };
    try {
      await this.#writer.close();
    } catch (error) {
      // Nobody is to go on with it; and on a full disk what is removed makes room for the summary.
      await dropKeptSpec(this.dir);
      await writeFileAtomically(path, JSON.stringify(summary));
      throw error;
    }
    try {
      await writeFileAtomically(path, JSON.stringify(summary));
    } catch (cause) {
      const error = writeFailure(path, cause);
      this.#onError(error);
      throw error;
    }
  }

  #control(entry: ControlEntry): void {
    if (!this.#ended) this.#write(entry);
  }

  #write(entry: ControlEntry): void {
    this.#writer.append('control', [encodeControl(entry)]);
  }
}

function describeJob(spec: JournalledSpec, { host, durable }: JobJournalOptions, at: number): JobDescription {
  return {
    formatVersion: jobFormatVersion,
    ...spec,
    createdAt: new Date(at).toISOString(),
    host,
    hostname: hostname(),
    ...(durable && { durable }),
  };
}

function inBrief({ code, message, hint }: Failure): NonNullable<JobSummary['failure']> {
  return { code, message, ...(hint !== undefined && { hint }) };
}
