import { existsSync, mkdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { ClientConnection } from '../host/client-connection.js';
import { unlimited } from '../host/credit.js';
import { HostJob } from '../host/host-job.js';
import { recordFailure } from '../host/refusal.js';
import { spooledBytes } from '../host/shared-input.js';
import { privateFolder } from '../journal/atomic-file.js';
import { jobFilesFolder, jobFolder } from '../journal/home.js';
import { descriptionPath } from '../journal/job-description.js';
import { type JobFolder, readJobFolder } from '../journal/job-folders.js';
import { JobJournal, type JobJournalOptions, journalPath } from '../journal/job-journal.js';
import type { JobSummary } from '../journal/job-summary.js';
import { readKeptSpec } from '../journal/kept-spec.js';
import type { ProcessIdentity } from '../process/process-identity.js';
import { type ClientMessage, type Failure, initialCredit, type JobSpec, type Seen } from '../protocol/messages.js';
import type { TaskSpan } from '../protocol/tasks.js';
import { clientSink } from './client-sink.js';
import { DurableJob } from './durable-job.js';
import { JobReader, type JournalSource } from './job-reader.js';
import { type AbandonedJob, abandonedJobs, continueJob } from './resume-job.js';
import { Retries } from './retries.js';
import { isSameJob } from './same-job.js';
import type { UnreadJobs } from './unread-jobs.js';

export interface DeskOptions {
  readonly home: string;
  /** This process. */
  readonly identity: ProcessIdentity;
  nextNumber(): number;
  /** A job is to be run from now on. */
  started(job: HostJob): void;
  /** Tasks of a job came or ended. */
  changed(job: HostJob): void;
  failed(job: HostJob, failure: Failure): void;
  readonly unread: UnreadJobs;
  /** Lets the job's clients send more. */
  grant(job: HostJob): void;
}

type Submission = ClientMessage & { readonly type: 'submit' };

/** Takes in jobs that outlive their clients, and lets clients come back to them. Submitting the same job twice is one job. */
export class DurableDesk {
  readonly #options: DeskOptions;
  readonly #jobs = new Map<string, HostJob>();
  /** Jobs that a host before this one left and that can't be gone on with. */
  readonly #broken = new Map<string, Failure>();

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  submit(connection: ClientConnection, message: Submission, refused: Failure | undefined): void {
    const { spec } = message;
    try {
      const known = this.#jobs.get(spec.id);
      const broken = this.#broken.get(spec.id);
      if (known !== undefined) this.#comeBack(connection, message, known);
      else if (existsSync(descriptionPath(jobFolder(this.#options.home, spec.id)))) {
        if (broken === undefined) this.#showPast(connection, message);
        else connection.send({ type: 'jobFailed', job: spec.job, failure: broken });
      } else if (wasRead(message.seen)) connection.send({ type: 'jobFailed', job: spec.job, failure: forgotten(spec) });
      else if (refused !== undefined) connection.send({ type: 'jobFailed', job: spec.job, failure: refused });
      else this.#begin(connection, message);
    } catch (error) {
      connection.send({ type: 'jobFailed', job: spec.job, failure: recordFailure(error) });
    }
  }

  #begin(connection: ClientConnection, message: Submission): void {
    const { home, nextNumber, started } = this.#options;
    const durable = new DurableJob(message.spec);
    const spec = placed(message.spec, home);
    let job: HostJob;
    const journal = JobJournal.open(
      home,
      spec,
      this.#journalOptions(durable, () => job),
    );
    makeRoom(spec, home);
    job = new HostJob(nextNumber(), spec, durable, journal, home, durable);
    this.#adopt(job, durable);
    this.#comeBack(connection, message, job);
    started(job);
  }

  /** Goes on with the jobs of a host that was killed. */
  async resume(): Promise<void> {
    const { found, broken } = await abandonedJobs(this.#options.home);
    for (const [id, error] of broken) this.#breaks(id, error);
    for (const one of found) {
      try {
        await this.#goOn(one);
      } catch (error) {
        // One damaged job is no reason for the machine to serve nobody.
        this.#jobs.delete(one.folder.id);
        this.#breaks(one.folder.id, error);
      }
    }
  }

  #breaks(id: string, error: unknown): void {
    const failure = recordFailure(error);
    this.#broken.set(id, failure);
    process.stderr.write(`job "${id}" cannot be gone on with: ${failure.message}\n`);
  }

  async #goOn({ folder, kept }: AbandonedJob): Promise<void> {
    const { home, nextNumber } = this.#options;
    const durable = new DurableJob(kept, kept.secretNames, await journalSize(folder.dir));
    makeRoom(kept, home);
    let job: HostJob;
    const journal = await JobJournal.resume(
      folder,
      this.#journalOptions(durable, () => job),
    );
    job = new HostJob(nextNumber(), kept, durable, journal, home, durable);
    this.#adopt(job, durable);
    const { ending, goOn } = await continueJob(job, durable);
    if (ending !== undefined) {
      // Only the summary is missing.
      this.#jobs.delete(folder.id);
      await journal.ended(ending.state, ending.failure);
      return;
    }
    this.#options.started(job);
    goOn();
    this.#options.changed(job);
  }

  #adopt(job: HostJob, durable: DurableJob): void {
    this.#jobs.set(job.spec.id, job);
    const again = (span: TaskSpan): void => {
      if (job.stopped === undefined) job.queue.push(span);
      else job.failTasks([span], job.stopped);
      this.#options.changed(job);
    };
    if (job.spec.retry !== undefined) durable.retries = new Retries(job.spec.retry, again);
    const spooled = spooledBytes(job);
    job.sharedBytesMissing -= spooled.reduce((sum, byteLength) => sum + byteLength, 0);
    job.ready = job.waitsFor === undefined;
  }

  #journalOptions(durable: DurableJob, job: () => HostJob): JobJournalOptions {
    return {
      host: this.#options.identity,
      durable: true,
      onError: error => this.#options.failed(job(), recordFailure(error)),
      onWritten: entry => durable.written(entry),
    };
  }

  /** A client submits a job that is here: it reads on from where it was. */
  #comeBack(connection: ClientConnection, { spec, seen }: Submission, job: HostJob): void {
    const { durable } = job;
    if (durable === undefined || !isSameJob(job.spec, spec)) {
      connection.send({ type: 'jobFailed', job: spec.job, failure: anotherJob(spec) });
      return;
    }
    const bringsSecrets = spec.secrets !== undefined && !job.hasSecrets;
    if (bringsSecrets) {
      job.giveSecrets(spec.secrets);
      job.ready = job.waitsFor === undefined;
    }
    const sharedBytes = spooledBytes(job);
    // A client that was never here before sends its shared inputs from their start.
    const sent = seen === undefined ? sharedBytes.map(() => 0) : [...sharedBytes];
    const granted = seen === undefined ? initialCredit : { tasks: 0, bytes: 0 };
    const feed = {
      send: connection.send.bind(connection),
      number: spec.job,
      received: 0,
      grantedTasks: granted.tasks,
      grantedBytes: granted.bytes,
      hasEnded: false,
      isUnlimited: false,
      sharedBytes: sent,
    };
    connection.feeds.set(spec.job, feed);
    connection.jobs.set(spec.job, job);
    durable.feeds.add(feed);
    const { awaitsFiles } = durable;
    const more = { tasks: 0, bytes: 0, sharedBytes, filesReady: !awaitsFiles };
    connection.send({ type: 'accepted', job: spec.job, ...more });
    const source = { path: journalPath(job.journal.dir), tail: durable.tail };
    const reader = this.#read(connection, spec, source, seen);
    durable.readers.add(reader);
    this.#options.grant(job);
    if (bringsSecrets) this.#options.changed(job);
  }

  /** A client submits a job that is over: it gets what the journal holds. */
  #showPast(connection: ClientConnection, { spec, seen }: Submission): void {
    const dir = jobFolder(this.#options.home, spec.id);
    const refuse = (failure: Failure): void => connection.send({ type: 'jobFailed', job: spec.job, failure });
    const show = async (): Promise<void> => {
      const folder = await readJobFolder(this.#options.home, spec.id);
      const kept = await readKeptSpec(dir);
      // A job that could not be recorded to its end has only its description left.
      const known = kept ?? folder?.description;
      if (folder === undefined || known === undefined || !isSameJob(known, spec)) refuse(anotherJob(spec));
      else if (folder.summary === undefined) refuse(this.#isOwn(folder) ? unrecorded(spec) : elsewhere(spec));
      else {
        connection.send({ type: 'accepted', job: spec.job, tasks: 0, bytes: 0, sharedBytes: [], filesReady: true });
        connection.send({ type: 'credit', job: spec.job, ...unlimited });
        this.#read(connection, spec, { path: journalPath(dir) }, seen, folder.summary.failure);
      }
    };
    show().catch((error: unknown) => refuse(recordFailure(error)));
  }

  /** Written by this very process, which does not have it any more. */
  #isOwn({ description }: JobFolder): boolean {
    const { pid, startTicks } = this.#options.identity;
    return description.host.pid === pid && description.host.startTicks === startTicks;
  }

  /** @param failure why the job as a whole failed, where its journal may not say it */
  #read(
    connection: ClientConnection,
    { id, job: number }: JobSpec,
    source: JournalSource,
    seen?: Seen,
    failure?: JobSummary['failure'],
  ): JobReader {
    const sink = clientSink(connection, number, () => {
      if (this.#jobs.has(id)) this.#options.unread.readAlong(id);
      else this.#options.unread.read(id);
      this.leave(connection, number);
    });
    const reader: JobReader = new JobReader(sink, source, seen ?? { events: 0, logs: 0 }, error =>
      sink.over(failure ?? recordFailure(error)),
    );
    connection.readers.set(number, reader);
    return reader;
  }

  /** Of tasks that came: those that are new, on their way to the disk. */
  received(connection: ClientConnection, number: number, job: HostJob, span: TaskSpan): TaskSpan[] {
    const { durable } = job;
    const feed = connection.feeds.get(number);
    if (durable === undefined || feed === undefined || job.over) return [];
    const fresh = durable.takeIn(span);
    for (const part of fresh) {
      job.journal.tasks(part.bytes);
      durable.retries?.received(part);
    }
    durable.receipt(feed, span.length, job.journal.end);
    return fresh;
  }

  /** Of a piece of a shared input: the bytes that are not in its file yet. */
  missingShared(connection: ClientConnection, number: number, job: HostJob, position: number, bytes: Buffer): Buffer {
    const feed = connection.feeds.get(number);
    if (feed === undefined) return bytes.subarray(0, 0);
    const from = feed.sharedBytes[position] ?? 0;
    feed.sharedBytes[position] = from + bytes.length;
    return bytes.subarray(Math.min(bytes.length, Math.max(0, (spooledBytes(job)[position] ?? 0) - from)));
  }

  /** A client has no more interest in a job, or is gone. */
  leave(connection: ClientConnection, number: number): void {
    const durable = connection.jobs.get(number)?.durable;
    const feed = connection.feeds.get(number);
    const reader = connection.readers.get(number);
    reader?.close();
    if (feed !== undefined) durable?.feeds.delete(feed);
    if (reader !== undefined) durable?.readers.delete(reader);
    connection.jobs.delete(number);
    connection.feeds.delete(number);
    connection.readers.delete(number);
  }

  /** The job's last word is in its journal: who comes back to it from now on reads that. */
  over(job: HostJob): void {
    this.#jobs.delete(job.spec.id);
    // Whoever cancels a job does not wait for what it leaves.
    if (job.stopped === undefined) this.#options.unread.over(job.spec.id);
  }
}

/** A job without a folder to run in gets one of its own. */
function placed(spec: JobSpec, home: string): JobSpec {
  return spec.cwd === '' ? { ...spec, cwd: jobFilesFolder(home, spec.id) } : spec;
}

/** Makes the folder of a job that was placed. */
function makeRoom({ cwd, id }: Pick<JobSpec, 'cwd' | 'id'>, home: string): void {
  if (cwd === jobFilesFolder(home, id)) mkdirSync(cwd, { recursive: true, mode: privateFolder });
}

/** @param onOver the client has had the job's last word */
function anotherJob({ id }: JobSpec): Failure {
  return {
    code: 'USAGE',
    message: `there is another job "${id}" already`,
    hint: 'give the new job another id, or remove the old one with `megalith jobs rm`',
  };
}

/** The client has read some of the job: it was here. */
function wasRead(seen: Seen | undefined): boolean {
  return seen !== undefined && seen.events + seen.logs > 0;
}

function forgotten({ id }: JobSpec): Failure {
  return {
    code: 'AGENT_LOST',
    message: `job "${id}" is no more on this machine`,
    hint: 'it was removed, or the folder that held it was; run it again under a new id',
  };
}

function elsewhere({ id }: JobSpec): Failure {
  return {
    code: 'USAGE',
    message: `job "${id}" runs in another agent of this machine`,
    hint: `follow it with \`megalith jobs attach ${id}\``,
  };
}

function unrecorded({ id }: JobSpec): Failure {
  return {
    code: 'JOURNAL_FAILED',
    message: `job "${id}" has failed, and its end could not be written down`,
    hint: `remove it with \`megalith jobs rm ${id}\`, and run it again`,
  };
}

async function journalSize(dir: string): Promise<number> {
  return (await stat(journalPath(dir))).size;
}
