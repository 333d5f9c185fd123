import {
  type CommandWork,
  type FunctionWork,
  isMegalithError,
  type Label,
  type MegalithError,
  type TaskEvent,
} from '@megalith/agent';
import type { JobRun, SharedPart } from '../backends/backend.js';
import type { CarriedLabel } from '../labels/labelled.js';
import type { TaskSample } from '../placement/history/task-sample.js';
import { onAbort } from './abort.js';
import { Announcer } from './announcer.js';
import { epochNow } from './clock.js';
import {
  cancelled,
  cannotDetach,
  cutOff,
  inputFailed,
  inWords,
  jobFailed,
  leftAlone,
  predicateFailed,
  stopped,
} from './job-error.js';
import type { JobSettings } from './job-settings.js';
import type { Ledger } from './ledger.js';
import type { PlacedJob, PlacingHooks } from './placing/place-job.js';
import { Promised } from './promised.js';
import { nextRetry } from './retry.js';
import { taskError } from './task-error.js';
import type { TaskFeed } from './task-feed.js';
import { TaskSamples } from './task-samples.js';
import { taskCode } from './task-table.js';
import type { Attempt, Failure, JobEvent, Plan } from './types.js';

/** What a job needs before it can run. */
export interface Prepared {
  readonly work: FunctionWork | CommandWork;
  readonly shared: readonly SharedPart[];
  /** What works but may surprise, one sentence each. */
  readonly warnings: readonly string[];
}

/** One job, as the conductor gets it. */
export interface Assignment {
  readonly request: { readonly id: string; readonly name: string };
  readonly prepare: () => Promise<Prepared>;
  /** Finds where it goes. */
  readonly place: (prepared: Prepared, hooks: PlacingHooks) => Promise<PlacedJob>;
  /** Keeps what its tasks show for later jobs. */
  readonly learn: (codeHash: string, samples: readonly TaskSample[]) => void;
  readonly settings: JobSettings;
  /** A single call: its errors name no task number. */
  readonly isSingle: boolean;
  readonly signal: AbortSignal | undefined;
  readonly emit: ((event: JobEvent) => void) | undefined;
}

type TaskFailed = Extract<TaskEvent, { type: 'failed' }>;

/** Takes one job from its call to its end: prepares, places and runs it, and decides after each failure what comes next. */
export class Conductor {
  readonly #job: Assignment;
  readonly #ledger: Ledger;
  readonly #feed: TaskFeed;
  readonly #tell: Announcer;
  /** Asked to end one by one. */
  readonly #unwanted = new Set<number>();
  /** A backend has the job, or none ever will. */
  readonly #begun = new Promised<void>();
  readonly #carried = new Promised<CarriedLabel>();
  readonly #samples = new TaskSamples();
  #plan: Plan | undefined;
  #placed: PlacedJob | undefined;
  #run: JobRun | undefined;
  #cancellation: MegalithError | undefined;
  #isCutShort = false;
  /** The job is being handed over to the place where it runs. */
  #isLeaving = false;

  constructor(job: Assignment, ledger: Ledger, feed: TaskFeed) {
    this.#job = job;
    this.#ledger = ledger;
    this.#feed = feed;
    this.#tell = new Announcer(job.request.id, ledger, job.emit);
    feed.onForsaken((index, error) => this.#drop(index, error));
  }

  get plan(): Plan | undefined {
    return this.#plan;
  }

  /** How sensitive its results are: those of a job that never had a place as sensitive as can be. Always the same promise. */
  get carried(): Promise<CarriedLabel> {
    return this.#carried.promise;
  }

  /** Settles when the job is over, however it ended; never rejects. */
  async conduct(): Promise<void> {
    const { signal } = this.#job;
    const unsubscribe = signal && onAbort(signal, () => this.cancel(signal.reason));
    try {
      if (signal?.aborted) this.cancel(signal.reason);
      for (let start = await this.#begin(), life = 1; start !== undefined; life++) {
        this.#run = start(life);
        this.#begun.resolve();
        this.#ledger.machine = this.#run.machine;
        if (!(await this.#outlives(this.#run, life))) break;
      }
      this.#conclude();
    } catch (error) {
      this.#giveUp(error);
    } finally {
      this.#begun.resolve();
      this.#carried.resolve(this.#labelled('restricted'));
      unsubscribe?.();
      if (this.#placed !== undefined) this.#job.learn(this.#placed.codeHash, this.#samples.all);
    }
  }

  /** Ends the whole job. @param reason in words, or the reason of an AbortSignal */
  cancel(reason: unknown): void {
    if (this.#ledger.isOver || this.#isCutShort) return;
    this.#cancellation = cancelled(this.#job.request, reason);
    this.#cutShort(inWords(reason), this.#cancellation);
    // With no backend involved yet, nobody else will say that it is over.
    if (this.#run === undefined) this.#conclude();
  }

  /** Leaves the job to the place where it runs. */
  async detach(): Promise<void> {
    const { id } = this.#job.request;
    await this.#begun.promise;
    const { isOver, jobError } = this.#ledger;
    if (jobError !== undefined) throw jobError;
    if (isOver) return;
    if (this.#run?.handOver === undefined) throw cannotDetach(id);
    this.#isLeaving = true;
    await this.#run.handOver();
  }

  /** Ends one task. */
  cancelTask(index: number, reason: string): void {
    if (this.#ledger.isOver || this.#ledger.table.isSettled(index)) return;
    const error = this.#errorOf(index, { code: 'CANCELLED', message: `cancelled: ${reason}` });
    const isUnread = this.#feed.isUnread(index);
    if (isUnread) this.#feed.forsake(index, error);
    if (this.#feed.withdraw(index) || (isUnread && index < this.#ledger.total)) {
      this.#drop(index, error);
      this.#feed.refresh();
      this.#ledger.flush();
    } else if (!isUnread) {
      this.#unwanted.add(index);
      this.#run?.cancel(reason, [index]);
    }
  }

  /** Whether there is something to try again after the backend lost the job; rethrows whatever else ended it. */
  async #outlives(run: JobRun, life: number): Promise<boolean> {
    try {
      await this.#attend(run);
      return false;
    } catch (error) {
      const isLost = isMegalithError(error) && error.code === 'AGENT_LOST' && !this.#isCutShort;
      if (!isLost || life > this.#job.settings.rule.retries) throw error;
      const at = epochNow();
      const failure: Failure = { code: 'AGENT_LOST', message: error.message };
      for (const index of this.#feed.outstanding()) {
        this.#failed({ type: 'failed', job: 0, index, attempt: this.#ledger.table.attempt(index), failure }, at);
      }
      this.#ledger.flush();
      return !this.#feed.ended;
    }
  }

  async #begin(): Promise<((life: number) => JobRun) | undefined> {
    const prepared = await this.#job.prepare();
    if (this.#ledger.isOver) return undefined;
    for (const warning of prepared.warnings) this.#tell.warning(warning);
    const placed = await this.#job.place(prepared, {
      planned: plan => {
        this.#plan = plan;
        this.#tell.planned(plan);
      },
      moved: (index, from, to, reason, usd) => this.#tell.escalating({ index, from, to, reason, usd }),
      tell: words => this.#tell.placing(words),
    });
    this.#carried.resolve(this.#labelled(placed.job.label));
    this.#placed = placed;
    if (this.#ledger.isOver) return undefined;
    this.#ledger.run(this.#plan?.chosen?.backend);
    if (this.#ledger.isComplete) this.#tell.queued();
    this.#ledger.flush();
    return life => placed.start(life);
  }

  #labelled(label: Label): CarriedLabel {
    return { label, from: `job "${this.#job.request.name}"` };
  }

  async #attend(run: JobRun): Promise<void> {
    let isQueued = this.#ledger.isComplete;
    for await (const batch of run.events) {
      const at = epochNow();
      this.#ledger.machine = run.machineOf?.(batch) ?? run.machine;
      for (const event of batch) this.#apply(event, at);
      this.#samples.add(batch, this.#placed!.placeOf(batch));
      if (!isQueued && this.#ledger.isComplete) {
        isQueued = true;
        this.#tell.queued();
      }
      this.#feed.refresh();
      this.#ledger.flush();
    }
    if (this.#isCutShort) return;
    const { total, settled } = this.#ledger;
    if (this.#feed.failure !== undefined) throw inputFailed(this.#job.request, this.#feed.failure.cause, total);
    if (settled < total) {
      throw this.#isLeaving ? leftAlone(this.#job.request.id) : cutOff(this.#job.request, total - settled);
    }
  }

  #apply(event: TaskEvent, at: number): void {
    const { index, attempt } = event;
    const { table } = this.#ledger;
    if (event.type === 'log') {
      if (!table.isReleased(index)) this.#ledger.logs.append(index, event.stream, event.bytes);
      this.#tell.log(event);
      return;
    }
    const isNext = table.code(index) === taskCode.waiting && attempt === table.attempt(index) + 1;
    // Only a place that tries a task again by itself tells of an attempt that was not sent from here.
    if (isNext) table.send(index, attempt, at);
    // A late word of an attempt that is over.
    if (attempt !== table.attempt(index) || table.isSettled(index) || table.code(index) === taskCode.waiting) return;
    if (event.type === 'started') {
      this.#ledger.started(index);
      this.#tell.started(event);
    } else if (event.type === 'progress') {
      this.#tell.progress(event);
    } else if (event.type === 'done') {
      this.#ledger.done(index, event.value, event.stats, at);
      this.#feed.returned(index, true);
      this.#tell.done(index, event.value);
    } else {
      this.#failed(event, at);
    }
  }

  #failed(event: TaskFailed, at: number): void {
    const { index, attempt, failure, stats } = event;
    const error = this.#errorOf(index, failure);
    const record = { attempt, failure, ...(stats === undefined ? {} : { stats }) };
    if (event.retrying === true) {
      this.#triedAgain(event, record);
      return;
    }
    const isFinal = this.#isCutShort || this.#unwanted.has(index) || this.#isTriedAgainThere(index);
    const inMs = isFinal ? undefined : this.#retryIn(attempt, error);
    this.#feed.returned(index, inMs === undefined);
    if (inMs !== undefined) {
      this.#ledger.retrying(index, record);
      this.#feed.retryAfter(index, inMs);
      this.#tell.retrying(event, inMs);
      return;
    }
    this.#ledger.failed(index, { error, attempt: record, stats }, at);
    this.#tell.failed(index);
    if (this.#job.settings.stopsOnFailure && error.code !== 'CANCELLED' && !this.#isCutShort) {
      const reason = `task ${index} failed`;
      this.#cutShort(reason, stopped(this.#job.request, reason));
    }
  }

  #isTriedAgainThere(index: number): boolean {
    return this.#run?.retriesTask?.(index) ?? this.#run?.retriesTasks === true;
  }

  /** The backend tries it again by itself. */
  #triedAgain(event: TaskFailed, record: Attempt): void {
    this.#ledger.retrying(event.index, record);
    this.#tell.retrying(event, 0);
  }

  #retryIn(attempt: number, error: MegalithError): number | undefined {
    try {
      return nextRetry(this.#job.settings.rule, attempt, error, Math.random());
    } catch (cause) {
      throw predicateFailed(this.#job.request, cause);
    }
  }

  /** Nothing new starts; what the backend has is asked to end, and what it does not have ends here. */
  #cutShort(reason: string, error: MegalithError): void {
    this.#isCutShort = true;
    for (const index of this.#feed.stop()) this.#drop(index, error);
    for (let index = this.#feed.taskCount; index < this.#ledger.total; index++) this.#drop(index, error);
    this.#run?.cancel(reason);
    this.#ledger.flush();
  }

  /** Settles a task that no backend has. */
  #drop(index: number, error: MegalithError): void {
    if (this.#ledger.table.isSettled(index)) return;
    this.#ledger.failed(index, { error, attempt: undefined, stats: undefined }, epochNow());
    this.#tell.failed(index);
  }

  #conclude(): void {
    if (this.#ledger.isOver) return;
    this.#ledger.end(this.#cancellation);
    this.#tell.ended(this.#run?.costUsd?.());
  }

  #giveUp(error: unknown): void {
    if (this.#ledger.isOver) return;
    this.#feed.stop();
    this.#run?.cancel('the job failed');
    this.#ledger.failJob(jobFailed(this.#job.request, error), epochNow());
    this.#tell.ended(this.#run?.costUsd?.());
  }

  #errorOf(index: number, failure: Failure): MegalithError {
    return taskError(failure, {
      job: this.#job.request.id,
      jobName: this.#job.request.name,
      number: this.#job.isSingle ? undefined : index,
      index,
      attempt: this.#ledger.table.attempt(index),
      where: this.#ledger.machine,
    });
  }
}
