import type { AttemptStats, Failure, TaskEvent } from '../protocol/messages.js';
import { type RecordCursor, recordKind } from '../protocol/records.js';

/** How many failures a summary shows. */
const shownFailures = 10;
/** Longest message of a shown failure, characters: the journal has all of it. */
const shownMessageLength = 500;

export type JobOutcome = 'done' | 'failed' | 'cancelled';

export interface JobCounts {
  /** Tasks known so far; final once `complete`. */
  readonly total: number;
  readonly complete: boolean;
  readonly done: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly running: number;
}

export interface FailureNote {
  readonly index: number;
  readonly attempt: number;
  readonly code: Failure['code'];
  readonly message: string;
}

/** Sums over the job's attempts; undefined where nothing was measured. */
export interface JobDurations {
  /** First start to last end, milliseconds. */
  readonly spanMs: number;
  /** Time inside tasks, and their processor time, milliseconds. */
  readonly execMs: number;
  readonly cpuMs: number;
}

/**
 * Counts a job's tasks from its events, in memory that does not grow with the tasks that went well. A failed task counts as
 * failed until a later attempt of it starts.
 */
export class JobTally {
  readonly #running = new Set<number>();
  readonly #failed = new Set<number>();
  readonly #cancelled = new Set<number>();
  readonly #notes = new Map<number, FailureNote>();
  #taskCount: number | undefined;
  #done = 0;
  #peakMemoryBytes: number | undefined;
  #firstStartedAt = Number.POSITIVE_INFINITY;
  #lastEndedAt = Number.NEGATIVE_INFINITY;
  #execMs = 0;
  #cpuMs = 0;

  /** Counts the record that the cursor stands on; a result is not decoded. */
  add(record: RecordCursor): void {
    if (record.kind === recordKind.started) this.started(record.index);
    else if (record.kind === recordKind.done) this.done(record.index, record.stats);
    else if (record.kind === recordKind.failed) {
      const event = record.event() as TaskEvent & { type: 'failed' };
      this.failed(event.index, event.attempt, event.failure, event.stats);
    }
  }

  started(index: number): void {
    this.#forget(index);
    this.#running.add(index);
  }

  done(index: number, stats?: AttemptStats): void {
    this.#forget(index);
    this.#done++;
    if (stats) this.#measure(stats);
  }

  failed(index: number, attempt: number, failure: Failure, stats?: AttemptStats): void {
    this.#forget(index);
    if (stats) this.#measure(stats);
    if (failure.code === 'CANCELLED') {
      this.#cancelled.add(index);
      return;
    }
    this.#failed.add(index);
    if (this.#notes.size < shownFailures) {
      const message = failure.message.slice(0, shownMessageLength);
      this.#notes.set(index, { index, attempt, code: failure.code, message });
    }
  }

  /** No more tasks will come: `taskCount` in all. */
  complete(taskCount: number): void {
    this.#taskCount = taskCount;
  }

  get counts(): JobCounts {
    const done = this.#done;
    const failed = this.#failed.size;
    const cancelled = this.#cancelled.size;
    const running = this.#running.size;
    const total = this.#taskCount ?? done + failed + cancelled + running;
    return { total, complete: this.#taskCount !== undefined, done, failed, cancelled, running };
  }

  /** How the job stands if it ends now. */
  get outcome(): JobOutcome {
    if (this.#failed.size > 0) return 'failed';
    return this.#cancelled.size > 0 ? 'cancelled' : 'done';
  }

  /** The first failures that stand, by index. */
  get failures(): readonly FailureNote[] {
    return [...this.#notes.values()].sort((a, b) => a.index - b.index);
  }

  /** The highest memory of any one task, bytes. */
  get peakMemoryBytes(): number | undefined {
    return this.#peakMemoryBytes;
  }

  get durations(): JobDurations | undefined {
    if (this.#lastEndedAt < this.#firstStartedAt) return undefined;
    return { spanMs: this.#lastEndedAt - this.#firstStartedAt, execMs: this.#execMs, cpuMs: this.#cpuMs };
  }

  #forget(index: number): void {
    this.#running.delete(index);
    if (this.#failed.size > 0 && this.#failed.delete(index)) this.#notes.delete(index);
    if (this.#cancelled.size > 0) this.#cancelled.delete(index);
  }

  #measure(stats: AttemptStats): void {
    this.#firstStartedAt = Math.min(this.#firstStartedAt, stats.startedAt);
    this.#lastEndedAt = Math.max(this.#lastEndedAt, stats.endedAt);
    this.#execMs += stats.endedAt - stats.startedAt;
    this.#cpuMs += (stats.cpuUserMs ?? 0) + (stats.cpuSystemMs ?? 0);
    if (stats.peakMemoryBytes !== undefined) {
      this.#peakMemoryBytes = Math.max(this.#peakMemoryBytes ?? 0, stats.peakMemoryBytes);
    }
  }
}
