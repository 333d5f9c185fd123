import type { TaskEvent } from '@megalith/agent';
import type { Failure, MegalithError, TaskEvents, TaskInput, TaskSource } from '@megalith/core';
import { Durations } from './durations.js';
import { Lease } from './lease.js';
import { paceAfter, paceFrom } from './pace.js';
import { isMachinesFault, isOfLeaving } from './place-loss.js';
import { Roster } from './roster.js';
import type { Seat } from './seat.js';
import { mostDuplicates, type StragglerFacts, whyAgain } from './stragglers.js';
import { WaitingLine } from './waiting-line.js';

type Of<T extends TaskEvent['type']> = Extract<TaskEvent, { type: T }>;

/** A task that was begun on so many machines that died is reported as failed: it may be what kills them. */
const mostFalls = 3;
/** A task waits so long for a machine other than the one where it failed, while that one would take it, milliseconds. */
const patienceMs = 5_000;

/** Asks a place to end tasks; without indexes, all of them. */
export interface Ask {
  readonly seat: Seat;
  readonly reason: string;
  readonly indexes?: readonly number[];
}

/**
 * Who has which task of a job: gives tasks out, and judges what comes back, so that each attempt has one last event whatever happens
 * to the places. It does nothing by itself: time is passed in, and what it wants told or asked waits in `told` and `asked`.
 */
export class LeaseBook {
  readonly roster: Roster;
  /** Last events of tasks that no place will give one. */
  told: TaskEvent[] = [];
  asked: Ask[] = [];
  readonly #source: TaskSource;
  readonly #taskCount: number | undefined;
  readonly #policy: Omit<StragglerFacts, 'p90Ms'>;
  readonly #leases = new Map<number, Lease>();
  readonly #line = new WaitingLine();
  readonly #durations = new Durations();
  /** Why tasks that were not yet given out end, by index; and all of them. */
  readonly #cancelled = new Map<number, Failure>();
  #stopped: Failure | undefined;
  /** Where the attempt before failed through the machine, or through too little of it. */
  readonly #failedAt = new Map<number, Seat>();
  #given = 0;
  /** The source had less than was asked for, and has not called since. */
  #isDry = false;

  constructor(source: TaskSource, taskCount: number | undefined, policy: Omit<StragglerFacts, 'p90Ms'>) {
    this.#source = source;
    this.#taskCount = taskCount;
    this.#policy = policy;
    this.roster = new Roster(policy.silentMs);
  }

  /** True once every task has had its last event and none will come. */
  get isFinished(): boolean {
    return this.#leases.size === 0 && (this.#stopped !== undefined || this.#source.ended);
  }

  /** Nobody has a task, and the source had none when it was last asked: only there can news come from. */
  get hangsOnSource(): boolean {
    return this.#leases.size === 0 && this.#isDry;
  }

  sourceReady(): void {
    this.#isDry = false;
  }

  /** What `take` would find for the place: something, nothing until the source has more, or nothing until things change here. */
  prospect(seat: Seat, now: number): 'some' | 'source' | 'none' {
    if (this.#stopped !== undefined || this.#room(seat) <= 0) return 'none';
    const hasEnded = this.#source.ended;
    if ((!this.#isDry && !hasEnded) || this.#line.has(lease => this.#fits(lease, seat, now))) return 'some';
    return hasEnded ? 'none' : 'source';
  }

  take(seat: Seat, max: number, now: number): TaskInput[] {
    const most = Math.min(max, this.#room(seat));
    if (most <= 0 || this.#stopped !== undefined) return [];
    if (seat.held === 0) seat.pace = paceFrom(seat.pace, now);
    const inputs = this.#line.take(most, lease => this.#fits(lease, seat, now)).map(lease => this.#lend(lease, seat));
    if (inputs.length < most && !this.#source.ended) this.#takeFromSource(inputs, seat, most, now);
    return inputs;
  }

  /** Judges what a place tells of its tasks. @returns the events that count */
  receive(seat: Seat, events: TaskEvents, now: number): TaskEvents {
    let passed: TaskEvent[] | undefined;
    let count = 0;
    let measured = 0;
    let execMs = 0;
    for (let at = 0; at < events.length; at++) {
      const event = events[at]!;
      const verdict = this.#judge(seat, event, now);
      if (verdict !== event) passed ??= events.slice(0, at);
      if (passed !== undefined && verdict !== undefined) passed.push(verdict);
      if (event.type !== 'done' && event.type !== 'failed') continue;
      count += 1;
      if (event.stats === undefined) continue;
      const tookMs = event.stats.endedAt - event.stats.startedAt;
      measured += 1;
      execMs += tookMs;
      this.#durations.add(tookMs);
    }
    if (count > 0) seat.pace = paceAfter(seat.pace ?? paceFrom(undefined, now), { at: now, count, execMs, measured });
    return passed ?? events;
  }

  /** A place is no more: what it had goes to others. */
  lose(seat: Seat, error: MegalithError, now: number): void {
    this.roster.lose(seat, error);
    const back: Lease[] = [];
    for (const lease of this.#leases.values()) {
      if (!lease.isWith(seat)) continue;
      if (error.code === 'AGENT_LOST' && lease.holder === seat && lease.begunAt !== undefined) lease.falls += 1;
      if (!lease.leave(seat)) continue;
      const cancelled = this.#endOf(lease.index);
      if (cancelled !== undefined) this.#fail(lease, cancelled);
      else if (lease.falls >= mostFalls) this.#fail(lease, { code: 'AGENT_LOST', message: error.message });
      else back.push(lease);
    }
    this.#line.putFirst(back, now);
  }

  /** Ends tasks before their time: places end those that they have, and the others end here. */
  cancel(reason: string, indexes?: readonly number[]): void {
    const failure: Failure = { code: 'CANCELLED', message: `cancelled: ${reason}` };
    const { present } = this.roster;
    if (indexes === undefined) {
      this.#stopped ??= failure;
      for (const lease of this.#line.clear()) this.#fail(lease, failure);
      for (const seat of present) this.asked.push({ seat, reason });
      return;
    }
    for (const index of indexes) {
      this.#cancelled.set(index, failure);
      const lease = this.#leases.get(index);
      if (lease !== undefined && lease.holder === undefined) this.#fail(lease, failure);
    }
    for (const seat of present) {
      const theirs = indexes.filter(index => this.#leases.get(index)?.isWith(seat));
      if (theirs.length > 0) this.asked.push({ seat, reason, indexes: theirs });
    }
  }

  /** Lets idle places start what is overdue elsewhere. */
  seekStragglers(now: number): void {
    if (!this.#isDry && !this.#source.ended) return;
    let idle = this.roster.idleSlots(now);
    if (idle === 0 || !this.#line.isEmpty) return;
    const isExhausted = this.#source.ended || (this.#taskCount !== undefined && this.#given >= this.#taskCount);
    const facts = { ...this.#policy, duplicates: this.#policy.duplicates && isExhausted, p90Ms: this.#durations.p90Ms };
    let twins = 0;
    for (const lease of this.#leases.values()) if (lease.twin !== undefined) twins += 1;
    const most = mostDuplicates(this.#given);
    for (const lease of this.#leases.values()) {
      if (idle === 0) return;
      if (lease.holder === undefined || lease.twin !== undefined || this.#endOf(lease.index) !== undefined) continue;
      const runningMs = lease.begunAt === undefined ? undefined : now - lease.begunAt;
      const why = whyAgain({ runningMs, unheardMs: lease.holder.unheardMs(now) }, facts);
      if (why === undefined || (why === 'slow' && twins >= most)) continue;
      this.#line.putLast(lease, now);
      twins += 1;
      idle -= 1;
    }
  }

  #room(seat: Seat): number {
    const remaining = this.#taskCount === undefined ? undefined : Math.max(0, this.#taskCount - this.#given);
    return this.roster.room(seat, remaining);
  }

  #fits(lease: Lease, seat: Seat, now: number): boolean {
    if (seat.losers.has(lease.index) || lease.holder === seat) return false;
    if (lease.holder !== undefined) {
      if (lease.twin !== undefined || this.#endOf(lease.index) !== undefined) return false;
      return seat.freeSlots > 0 && !this.roster.isSilent(seat, now);
    }
    return lease.avoid !== seat || !this.roster.isElsewhere(seat) || now - lease.waitingSince >= patienceMs;
  }

  #takeFromSource(inputs: TaskInput[], seat: Seat, most: number, now: number): void {
    const asked = most - inputs.length;
    const fresh = this.#source.take(asked);
    this.#isDry = fresh.length < asked;
    for (const input of fresh) {
      if (input.attempt === 1) this.#given += 1;
      const lease = new Lease(input);
      this.#leases.set(input.index, lease);
      const cancelled = this.#endOf(input.index);
      if (this.#failedAt.size > 0) lease.avoid = this.#failedAt.get(input.index);
      if (cancelled !== undefined) this.#fail(lease, cancelled);
      else if (this.#fits(lease, seat, now)) inputs.push(this.#lend(lease, seat));
      else this.#line.putLast(lease, now);
    }
  }

  #lend(lease: Lease, seat: Seat): TaskInput {
    if (lease.holder === undefined) lease.holder = seat;
    else lease.twin = seat;
    seat.held += 1;
    seat.indexes.add(lease.index);
    seat.muted.delete(lease.index);
    return lease.input;
  }

  #endOf(index: number): Failure | undefined {
    return this.#stopped ?? this.#cancelled.get(index);
  }

  #judge(seat: Seat, event: TaskEvent, now: number): TaskEvent | undefined {
    const found = this.#leases.get(event.index);
    const lease = found?.attempt === event.attempt ? found : undefined;
    switch (event.type) {
      case 'started':
        if (lease === undefined || lease.holder !== seat) return undefined;
        lease.begunAt ??= now;
        if (lease.isAnnounced) return undefined;
        lease.isAnnounced = true;
        return event;
      case 'progress':
        return lease?.holder === seat ? event : undefined;
      case 'log':
        // Output may come after the last event.
        if (lease === undefined) return seat.muted.has(event.index) ? undefined : event;
        return lease.holder === seat ? lease.show(event) : undefined;
      case 'done':
        return this.#done(seat, event, lease);
      case 'failed':
        return this.#failed(seat, event, lease, now);
    }
  }

  #done(seat: Seat, event: Of<'done'>, lease: Lease | undefined): TaskEvent | undefined {
    // A result counts from whomever it comes, such as a machine that was given up and is back.
    if (lease === undefined) return this.#ofLoser(seat, event);
    this.#settle(lease, seat, 'another machine was first');
    return event;
  }

  #failed(seat: Seat, event: Of<'failed'>, lease: Lease | undefined, now: number): TaskEvent | undefined {
    if (lease === undefined || !lease.isWith(seat)) return this.#ofLoser(seat, event);
    const { index, failure } = event;
    if (event.retrying) {
      const other = lease.holder === seat ? lease.twin : lease.holder;
      other?.lost(index, lease.attempt);
      lease.holder = seat;
      lease.twin = undefined;
      lease.nextAttempt();
      return event;
    }
    const cancelled = this.#endOf(index);
    const isEnded = (failure.code === 'CANCELLED' && cancelled === undefined) || isOfLeaving(failure);
    if (isEnded && seat.state === 'live') seat.state = 'leaving';
    const isFault = isEnded || isMachinesFault(failure);
    if (isFault && cancelled !== undefined) return this.#settled(lease, seat, { ...event, failure: cancelled });
    const isLeft = lease.holder !== undefined && lease.twin !== undefined;
    const mayMove = this.roster.isElsewhere(seat) && (isEnded || lease.falls + 1 < mostFalls);
    if (isFault && (isLeft || mayMove)) {
      seat.held -= 1;
      seat.muted.add(index);
      if (!isEnded) lease.falls += 1;
      lease.avoid = seat;
      if (lease.leave(seat)) this.#line.putFirst([lease], now);
      return undefined;
    }
    if (failure.code === 'OUT_OF_MEMORY' || failure.code === 'AGENT_LOST') this.#failedAt.set(index, seat);
    return this.#settled(lease, seat, event);
  }

  #settled(lease: Lease, seat: Seat, event: TaskEvent): TaskEvent {
    this.#settle(lease, seat);
    return event;
  }

  /** The lease has its last event. @param unwanted why others that have it are asked to end it; unset, they are left alone, as the index may come again */
  #settle(lease: Lease, by: Seat, unwanted?: string): void {
    this.#leases.delete(lease.index);
    lease.isOver = true;
    if (unwanted !== undefined && this.#failedAt.size > 0) this.#failedAt.delete(lease.index);
    for (const seat of [lease.holder, lease.twin]) {
      if (seat === undefined) continue;
      if (seat === by) {
        seat.held -= 1;
        continue;
      }
      seat.lost(lease.index, lease.attempt);
      if (unwanted !== undefined) this.asked.push({ seat, reason: unwanted, indexes: [lease.index] });
    }
  }

  /** The last event of what nobody waits for any more. */
  #ofLoser(seat: Seat, { index, attempt }: TaskEvent): undefined {
    if (seat.losers.get(index) !== attempt) return;
    seat.losers.delete(index);
    seat.held -= 1;
  }

  /** The last event of a task that no place has. */
  #fail(lease: Lease, failure: Failure): void {
    this.#leases.delete(lease.index);
    lease.isOver = true;
    this.told.push({ type: 'failed', job: 0, index: lease.index, attempt: lease.attempt, failure });
  }
}
