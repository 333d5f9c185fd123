import type { Failure } from '../protocol/messages.js';
import type { TaskSpan } from '../protocol/tasks.js';
import { ticketAfter, ticketsBetween } from '../slot/claims.js';
import type { FromSlot } from '../slot/slot-messages.js';
import type { HostJob } from './host-job.js';
import type { SlotProcess } from './slot-process.js';

/** The task that a slot is at, once it is known to take its time. */
export interface RunningTask {
  readonly job: HostJob;
  readonly span: TaskSpan;
  readonly ticket: number;
  readonly startedAt: number;
}

interface Batch {
  readonly job: HostJob;
  readonly span: TaskSpan;
  readonly ticket: number;
  /** Tasks of it that have had their last event. */
  settled: number;
}

/** One place where tasks run, and the tasks that are there: begun one after another, in the order they were sent. */
export class Slot {
  readonly id: number;
  readonly process: SlotProcess;
  /** The number of this slot within its process. */
  readonly executor: number;
  state: 'starting' | 'ready' | 'ending' = 'starting';
  readonly loaded = new Set<HostJob>();
  loading: HostJob | undefined;
  /** The job that it works for, with what that asks of the machine held for it. */
  assigned: HostJob | undefined;
  /** True while its task waits for jobs that it started itself, with its cpus free for them. */
  lent = false;
  settledCount = 0;
  /** `settledCount` when the watch looked last. */
  seenCount = 0;
  running: RunningTask | undefined;
  nudged = false;
  idleSince = 0;
  /** Why the running task has been told to end; becomes its failure, however it takes the news. */
  verdict: Failure | undefined;
  /** What the slot said last, if it had time to. */
  ending: (FromSlot & { readonly type: 'ending' }) | undefined;
  timers: NodeJS.Timeout[] = [];
  readonly #batches: Batch[] = [];
  #logged = { stdout: 0, stderr: 0 };
  #issued = 0;
  #waiting = 0;

  constructor(id: number, process: SlotProcess, executor: number) {
    this.id = id;
    this.process = process;
    this.executor = executor;
  }

  /** Tasks here that have not had their last event. */
  get length(): number {
    return this.#waiting;
  }

  get job(): HostJob | undefined {
    return this.#batches[0]?.job;
  }

  /** True for a slot that no task ran in. */
  get fresh(): boolean {
    return this.settledCount === 0 && this.#waiting === 0;
  }

  send(job: HostJob, span: TaskSpan): void {
    const ticket = this.#issued;
    this.#issued = ticketAfter(ticket, span.length);
    this.#waiting += span.length;
    this.#batches.push({ job, span, ticket, settled: 0 });
    this.process.sendTasks(this.executor, ticket, job.number, span);
  }

  /** The ticket of the task that has its last event next. */
  get headTicket(): number | undefined {
    const batch = this.#batches[0];
    return batch === undefined ? undefined : ticketAfter(batch.ticket, batch.settled);
  }

  /** The task at the head, alone. */
  get head(): { readonly job: HostJob; readonly span: TaskSpan } | undefined {
    const batch = this.#batches[0];
    return batch === undefined
      ? undefined
      : { job: batch.job, span: batch.span.slice(batch.settled, batch.settled + 1) };
  }

  /** The task at the head has had its last event. */
  settleHead(): void {
    const batch = this.#batches[0];
    if (batch === undefined) return;
    batch.settled++;
    if (batch.settled === batch.span.length) this.#batches.shift();
    this.#logged = { stdout: 0, stderr: 0 };
    this.#waiting--;
    this.settledCount++;
    this.running = undefined;
    this.clearTimers();
  }

  /** How many tasks here are begun, given the first ticket that is not. */
  begunBefore(next: number): number {
    const head = this.headTicket;
    return head === undefined ? 0 : Math.min(this.#waiting, ticketsBetween(head, next));
  }

  /** Takes back the tasks after the first `begun`, last first. */
  takeBack(begun: number): { readonly job: HostJob; readonly span: TaskSpan }[] {
    const back: { readonly job: HostJob; readonly span: TaskSpan }[] = [];
    let excess = this.#waiting - begun;
    while (excess > 0) {
      const batch = this.#batches.pop();
      if (batch === undefined) break;
      const open = batch.span.length - batch.settled;
      if (open <= excess) {
        back.push({ job: batch.job, span: batch.span.slice(batch.settled) });
        excess -= open;
        this.#waiting -= open;
      } else {
        const kept = batch.span.length - excess;
        back.push({ job: batch.job, span: batch.span.slice(kept) });
        this.#batches.push({ ...batch, span: batch.span.slice(0, kept) });
        this.#waiting -= excess;
        excess = 0;
      }
    }
    return back;
  }

  /** The job with this number, among those that have been here. */
  jobNumbered(number: number): HostJob | undefined {
    if (this.job?.number === number) return this.job;
    for (const job of this.loaded) if (job.number === number) return job;
    return undefined;
  }

  /** Counts bytes that the running task printed, through JavaScript or around it; gives the offset where they stand. */
  logged(stream: 'stdout' | 'stderr', count: number): number {
    const offset = this.#logged[stream];
    this.#logged[stream] += count;
    return offset;
  }

  clearTimers(): void {
    for (const timer of this.timers.splice(0)) clearTimeout(timer);
  }
}
