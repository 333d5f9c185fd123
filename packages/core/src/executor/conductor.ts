import { type CommandWork, type FunctionWork, isMegalithError, MegalithError, type TaskEvent } from '@megalith/agent';
import type { Backend, JobRequest, JobRun, SharedPart } from '../backends/backend.js';
import { choosePlace, placeOf } from '../placement/plan.js';
import { epochNow } from './clock.js';
import type { Ledger } from './ledger.js';
import { nextRetry, type RetryRule } from './retry.js';
import { inShort, taskError } from './task-error.js';
import { taskCode } from './task-table.js';
import type { TaskFeed } from './task-feed.js';
import type { Failure, JobEvent, Plan } from './types.js';

/** What a job needs before it can run. */
export interface Prepared {
  readonly work: FunctionWork | CommandWork;
  readonly shared: readonly SharedPart[];
}

/** One job, as the conductor gets it. */
export interface Assignment {
  readonly request: JobRequest;
  readonly prepare: () => Promise<Prepared>;
  /** In the order of preference. */
  readonly backends: () => Promise<readonly Backend[]>;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly rule: RetryRule;
  readonly stopsOnFailure: boolean;
  /** A single call: its errors name no task number. */
  readonly isSingle: boolean;
  readonly signal: AbortSignal | undefined;
  readonly emit: ((event: JobEvent) => void) | undefined;
}

type TaskFailed = Extract<TaskEvent, { type: 'failed' }>;

/** Takes one job from its call to its end: prepares, places and runs it, and decides after each event what comes next. */
export class Conductor {
  readonly #job: Assignment;
  readonly #ledger: Ledger;
  readonly #feed: TaskFeed;
  readonly #unwanted = new Set<number>();
  readonly #onAbort = () => this.cancel(this.#job.signal?.reason);
  #plan: Plan | undefined;
  #run: JobRun | undefined;
  #cancellation: MegalithError | undefined;
  #isCutShort = false;

  constructor(job: Assignment, ledger: Ledger, feed: TaskFeed) {
    this.#job = job;
    this.#ledger = ledger;
    this.#feed = feed;
    feed.onForsaken((index, error) => this.#defeat(index, error));
  }

  get plan(): Plan | undefined {
    return this.#plan;
  }

  /** Settles when the job is over, however it ended; never rejects. */
  async conduct(): Promise<void> {
    const { signal } = this.#job;
    signal?.addEventListener('abort', this.#onAbort);
    try {
      if (signal?.aborted) this.#onAbort();
      this.#run = await this.#begin();
      if (this.#run !== undefined) await this.#attend(this.#run);
      this.#conclude();
    } catch (error) {
      this.#giveUp(error);
    } finally {
      signal?.removeEventListener('abort', this.#onAbort);
    }
  }

  /** Ends the whole job. @param reason in words, or the reason of an AbortSignal */
  cancel(reason: unknown): void {
    if (this.#ledger.isOver || this.#isCutShort) return;
    const words = typeof reason === 'string' ? reason : inShort(reason);
    this.#cancellation = new MegalithError('CANCELLED', `"${this.#job.request.name}" was cancelled: ${words}`, {
      details: { job: this.#job.request.id },
      ...(reason === words ? {} : { cause: reason }),
    });
    this.#cutShort(words, this.#cancellation);
    // With no backend involved yet, nobody else will say that it is over.
    if (this.#run === undefined) this.#conclude();
  }

  /** Ends one task. */
  cancelTask(index: number, reason: string): void {
    if (this.#ledger.isOver || this.#ledger.table.isSettled(index)) return;
    const isUnread = this.#feed.isUnread(index);
    const error = this.#errorOf(index, { code: 'CANCELLED', message: `cancelled: ${reason}` });
    if (isUnread) this.#feed.forsake(index, error);
    if (this.#feed.withdraw(index) || (isUnread && index < this.#ledger.total)) {
      this.#defeat(index, error);
      this.#feed.refresh();
      this.#ledger.flush();
    } else if (!isUnread) {
      this.#unwanted.add(index);
      this.#run?.cancel(reason, [index]);
    }
  }

  async #begin(): Promise<JobRun | undefined> {
    const { request, prepare, backends, env, cwd } = this.#job;
    const { work, shared } = await prepare();
    if (this.#ledger.isOver) return undefined;
    const all = await backends();
    const offers = await Promise.all(all.map(backend => backend.offers(request)));
    if (this.#ledger.isOver) return undefined;
    this.#plan = choosePlace(offers.flat());
    this.#emit({ type: 'planned', job: request.id, plan: this.#plan });
    const place = placeOf(this.#plan, request);
    const backend = all.find(each => each.name === place.backend)!;
    const run = backend.run({ ...request, work, shared, env, cwd, tasks: this.#feed });
    this.#ledger.run(run.machine ?? backend.name);
    if (request.taskCount !== undefined) this.#queued();
    this.#ledger.flush();
    return run;
  }

  async #attend(run: JobRun): Promise<void> {
    let isCounted = this.#ledger.isComplete;
    for await (const batch of run.events) {
      const at = epochNow();
      this.#ledger.machine = run.machine ?? this.#ledger.machine;
      for (const event of batch) this.#apply(event, at);
      if (!isCounted && this.#ledger.isComplete) {
        isCounted = true;
        this.#queued();
      }
      this.#feed.refresh();
      this.#ledger.flush();
    }
    if (this.#feed.failure !== undefined && !this.#isCutShort) throw this.#inputError(this.#feed.failure.cause);
    const lost = this.#ledger.total - this.#ledger.settled;
    if (lost > 0 && !this.#isCutShort) {
      throw new MegalithError('AGENT_LOST', `"${this.#ledger.name}" ended with ${lost} tasks unaccounted for`);
    }
  }

  #apply(event: TaskEvent, at: number): void {
    const { index, attempt } = event;
    const { table } = this.#ledger;
    const { id } = this.#job.request;
    if (event.type === 'log') {
      if (!table.isReleased(index)) this.#ledger.logs.append(index, event.stream, event.bytes);
      this.#emit({ ...event, job: id });
      return;
    }
    // A late word of an attempt that is over.
    if (attempt !== table.attempt(index) || table.isSettled(index) || table.code(index) === taskCode.waiting) return;
    switch (event.type) {
      case 'started':
        this.#ledger.started(index);
        if (this.#job.emit) this.#emit({ type: 'started', job: id, index, attempt, at: event.at });
        return;
      case 'progress':
        this.#emit({ type: 'progress', job: id, index, value: event.value });
        return;
      case 'done':
        this.#ledger.done(index, event.value, event.stats, at);
        this.#feed.returned(index, true);
        if (this.#job.emit) {
          this.#emit({ type: 'done', job: id, index, value: event.value, stats: this.#ledger.stats(index)! });
        }
        return;
      case 'failed':
        this.#failed(event, at);
    }
  }

  #failed({ index, attempt, failure, stats }: TaskFailed, at: number): void {
    const error = this.#errorOf(index, failure);
    const record = { attempt, failure, ...(stats === undefined ? {} : { stats }) };
    const inMs = this.#isCutShort || this.#unwanted.has(index) ? undefined : this.#retryIn(attempt, error);
    this.#feed.returned(index, inMs === undefined);
    if (inMs !== undefined) {
      this.#ledger.retrying(index, record);
      this.#feed.retryAfter(index, inMs);
      this.#emit({ type: 'retrying', job: this.#job.request.id, index, attempt, failure, inMs });
      return;
    }
    this.#ledger.failed(index, { error, attempt: record, stats }, at);
    this.#emitFailed(index, error);
    if (this.#job.stopsOnFailure && error.code !== 'CANCELLED' && !this.#isCutShort) {
      const name = this.#job.isSingle ? 'it' : `task ${index}`;
      this.#cutShort(`${name} failed`, this.#cutShortError(`${name} failed`));
    }
  }

  #retryIn(attempt: number, error: MegalithError): number | undefined {
    try {
      return nextRetry(this.#job.rule, attempt, error, Math.random());
    } catch (cause) {
      const message = `"when" of the retry policy of "${this.#ledger.name}" threw ${inShort(cause)}`;
      throw new MegalithError('THREW', message, { cause });
    }
  }

  /** Nothing new starts; what the backend has is asked to end, and what it does not have ends here. */
  #cutShort(reason: string, error: MegalithError): void {
    this.#isCutShort = true;
    const waiting = this.#feed.stop();
    for (const index of waiting) this.#defeat(index, error);
    for (let index = this.#feed.taskCount; index < this.#ledger.total; index++) this.#defeat(index, error);
    this.#run?.cancel(reason);
    this.#ledger.flush();
  }

  #cutShortError(reason: string): MegalithError {
    return new MegalithError('CANCELLED', `"${this.#ledger.name}" was stopped: ${reason}`, {
      details: { job: this.#job.request.id },
    });
  }

  /** Settles a task that no backend has. */
  #defeat(index: number, error: MegalithError): void {
    if (this.#ledger.table.isSettled(index)) return;
    this.#ledger.failed(index, { error, attempt: undefined, stats: undefined }, epochNow());
    this.#emitFailed(index, error);
  }

  #conclude(): void {
    if (this.#ledger.isOver) return;
    this.#ledger.end(this.#cancellation);
    this.#ended();
  }

  #giveUp(error: unknown): void {
    if (this.#ledger.isOver) return;
    const { name, id } = this.#job.request;
    this.#feed.stop();
    this.#run?.cancel('the job failed');
    const jobError = isMegalithError(error)
      ? error
      : new MegalithError('AGENT_LOST', `"${name}" could not go on: ${inShort(error)}`, { cause: error, details: { job: id } });
    this.#ledger.failJob(jobError, epochNow());
    this.#ended(jobError);
  }

  #inputError(cause: unknown): MegalithError {
    const { name, id } = this.#job.request;
    if (isMegalithError(cause) && cause.code === 'USAGE') return cause;
    return new MegalithError('THREW', `the input of "${name}" threw ${inShort(cause)} after ${this.#ledger.total} items`, {
      cause,
      details: { job: id },
    });
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

  #queued(): void {
    this.#emit({ type: 'queued', job: this.#job.request.id, taskCount: this.#ledger.total });
  }

  #emitFailed(index: number, error: MegalithError): void {
    if (!this.#job.emit) return;
    const stats = this.#ledger.stats(index);
    this.#emit({ type: 'failed', job: this.#job.request.id, index, error, ...(stats === undefined ? {} : { stats }) });
  }

  #ended(error?: MegalithError): void {
    const { state, counts } = this.#ledger;
    this.#emit({ type: 'ended', job: this.#job.request.id, state, counts, ...(error === undefined ? {} : { error }) });
  }

  #emit(event: JobEvent): void {
    this.#job.emit?.(event);
  }
}
