import {
  type BackendJob,
  EventQueue,
  isMegalithError,
  type JobRun,
  MegalithError,
  type TaskEvents,
} from '@megalith/core';
import { LeaseBook } from './lease-book.js';
import { machineNames } from './machine-names.js';
import { type Place, type SpreadClock, systemClock } from './place.js';
import { concernsOneMachine, noPlaceLeft } from './place-loss.js';
import type { Seat } from './seat.js';
import { SeatSource } from './seat-source.js';

export interface SpreadOptions {
  /** Places that come later. The job starts without them, and lives on while more may come, even if it has none just now. */
  readonly join?: AsyncIterable<Place>;
  /**
   * Whether tasks that take much longer than the others may be started a second time on an idle place; the first result counts.
   * Only for work that may run twice at once without harm, which nobody but its author knows. Tasks of a machine that has gone silent
   * are started elsewhere in any case.
   * @defaultValue false
   */
  readonly duplicates?: boolean;
  /** Without a sign of life for so long, a machine is silent, milliseconds. @defaultValue 30 000 */
  readonly silentMs?: number;
  /** @defaultValue the system's */
  readonly clock?: SpreadClock;
}

/** How often overdue tasks are looked for, milliseconds. */
const lookEveryMs = 500;
/** How long places may take to end their runs after the last result, milliseconds. */
const windUpMs = 2_000;

/**
 * Runs one job on several places. Each takes tasks at its own pace, and has only a little more than it runs. What a place had when it
 * failed goes to others, as the same attempt; when the last is gone, the run fails with its error.
 *
 * Each attempt of a task has one last event, the first that comes. Its output and progress are those of the place that had it first, as long
 * as that place lives; output of a second run follows what was shown of the first, with offsets that join. A batch of events is always
 * of one place. One place alone gets the job as it is.
 * @throws MegalithError NOT_CONFIGURED where there is no place
 */
export function spreadRun(job: BackendJob, places: readonly Place[], options: SpreadOptions = {}): JobRun {
  const [first] = places;
  if (options.join !== undefined || places.length > 1) return new SpreadRun(job, places, options);
  if (first === undefined) throw noMachine();
  const run = first.run(job);
  return {
    events: run.events,
    machine: first.name,
    cancel: (reason, indexes) => run.cancel(reason, indexes),
  };
}

/** A place at work. */
interface Member {
  readonly seat: Seat;
  readonly source: SeatSource;
  run: JobRun | undefined;
}

class SpreadRun implements JobRun {
  readonly #job: BackendJob;
  readonly #clock: SpreadClock;
  readonly #book: LeaseBook;
  readonly #queue = new EventQueue<TaskEvents>();
  readonly #origins = new WeakMap<TaskEvents, string>();
  readonly #members = new Map<Seat, Member>();
  #joining: AsyncIterator<Place> | undefined;
  #machine: string | undefined;
  #awaitsSource = false;
  /** Every task has had its last event, or the run has failed. */
  #isOver = false;
  #stopTimer: (() => void) | undefined;

  constructor(job: BackendJob, places: readonly Place[], options: SpreadOptions) {
    const { join, duplicates = false, silentMs = 30_000, clock = systemClock } = options;
    this.#job = job;
    this.#clock = clock;
    this.#book = new LeaseBook(job.tasks, job.taskCount, { duplicates, silentMs });
    this.#book.roster.awaitsPlaces = join !== undefined;
    // All are known before the first takes anything: it leaves the others their share.
    const members = places.map(place => this.#seat(place));
    for (const member of members) this.#begin(member);
    if (join !== undefined) void this.#welcome(join);
    this.#look();
    this.#advance();
  }

  get events(): AsyncIterable<TaskEvents> {
    return this.#queue;
  }

  /** The places that have had tasks. */
  get machine(): string | undefined {
    return this.#machine;
  }

  machineOf(events: TaskEvents): string | undefined {
    return this.#origins.get(events);
  }

  cancel(reason: string, indexes?: readonly number[]): void {
    if (this.#isOver) return;
    this.#book.cancel(reason, indexes);
    this.#advance();
  }

  #seat(place: Place): Member {
    const seat = this.#book.roster.join(place);
    const source = new SeatSource({
      take: max => this.#take(seat, max),
      prospect: () => this.#book.prospect(seat, this.#clock.now()),
      isOver: () => this.#isOver,
      taskCount: () => seat.indexes.size,
      awaitSource: () => this.#awaitSource(),
    });
    const member: Member = { seat, source, run: undefined };
    this.#members.set(seat, member);
    return member;
  }

  #begin(member: Member): void {
    const { taskCount: _, ...job } = this.#job;
    try {
      member.run = member.seat.place.run({ ...job, tasks: member.source });
    } catch (error) {
      this.#lost(member, error);
      return;
    }
    void this.#follow(member, member.run);
  }

  async #follow(member: Member, run: JobRun): Promise<void> {
    let end: unknown = new MegalithError(
      'AGENT_LOST',
      `machine "${member.seat.place.name}" ended the job before its time`,
    );
    try {
      for await (const batch of run.events) {
        const events = this.#book.receive(member.seat, batch, this.#clock.now());
        if (events.length > 0) {
          this.#origins.set(events, member.seat.place.name);
          this.#queue.push(events);
        }
        this.#advance();
      }
    } catch (error) {
      end = error;
    }
    this.#lost(member, end);
  }

  /** The run of a place has ended, in whatever way. */
  #lost(member: Member, error: unknown): void {
    this.#members.delete(member.seat);
    if (this.#isOver) {
      if (this.#members.size === 0) this.#end();
      return;
    }
    if (!concernsOneMachine(error)) {
      this.#fail(error);
      return;
    }
    this.#book.lose(member.seat, error, this.#clock.now());
    this.#advance();
  }

  async #welcome(join: AsyncIterable<Place>): Promise<void> {
    const iterator = join[Symbol.asyncIterator]();
    this.#joining = iterator;
    const { roster } = this.#book;
    try {
      for (let next = await iterator.next(); !next.done && !this.#isOver; next = await iterator.next()) {
        this.#begin(this.#seat(next.value));
        this.#advance();
      }
    } catch (error) {
      if (!isMegalithError(error)) this.#fail(error);
      else roster.losses.push({ place: 'a machine that was to join', error });
    }
    this.#joining = undefined;
    roster.awaitsPlaces = false;
    this.#advance();
  }

  #take(seat: Seat, max: number): ReturnType<LeaseBook['take']> {
    if (this.#isOver) return [];
    const isFirst = seat.indexes.size === 0;
    const inputs = this.#book.take(seat, max, this.#clock.now());
    if (isFirst && inputs.length > 0) {
      this.#machine = machineNames(this.#book.roster.seats.filter(each => each.indexes.size > 0));
    }
    this.#advance();
    return inputs;
  }

  /** Tells and asks what the book has decided, lets places go on that may, and ends what is over. */
  #advance(): void {
    if (this.#isOver) return;
    const book = this.#book;
    if (book.told.length > 0) this.#queue.push(book.told.splice(0));
    for (const { seat, reason, indexes } of book.asked.splice(0)) this.#members.get(seat)?.run?.cancel(reason, indexes);
    if (this.#isOver) return;
    if (book.isFinished) this.#windUp();
    else if (book.roster.isForsaken)
      this.#fail(book.roster.losses.length === 0 ? noMachine() : noPlaceLeft(book.roster.losses));
    else if (book.hangsOnSource) this.#awaitSource();
    for (const { source } of this.#members.values()) source.look();
  }

  #awaitSource(): void {
    if (this.#awaitsSource) return;
    this.#awaitsSource = true;
    const onReady = (): void => {
      this.#awaitsSource = false;
      this.#book.sourceReady();
      this.#advance();
    };
    this.#job.tasks.ready().then(onReady, (error: unknown) => this.#fail(error));
  }

  #look(): void {
    this.#stopTimer = this.#clock.after(lookEveryMs, () => {
      this.#book.seekStragglers(this.#clock.now());
      this.#advance();
      if (!this.#isOver) this.#look();
    });
  }

  /** Every task is settled: places end their runs, and whoever still runs what nobody waits for is told to stop. */
  #windUp(): void {
    this.#isOver = true;
    this.#leaveOff();
    if (this.#members.size === 0) {
      this.#end();
      return;
    }
    for (const { seat, run } of this.#members.values()) {
      if (seat.losers.size > 0) run?.cancel('the job is done');
    }
    // A machine that is silent must not keep the others' results waiting.
    this.#stopTimer = this.#clock.after(windUpMs, () => this.#end());
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#leaveOff();
    for (const { run, source } of this.#members.values()) {
      run?.cancel('the job failed');
      source.look();
    }
    this.#queue.fail(error);
  }

  #leaveOff(): void {
    this.#stopTimer?.();
    // What the iterator has to say to that is nobody's concern any more.
    void this.#joining?.return?.().then(
      () => undefined,
      () => undefined,
    );
  }

  #end(): void {
    this.#stopTimer?.();
    this.#queue.end();
  }
}

function noMachine(): MegalithError {
  return new MegalithError('NOT_CONFIGURED', 'there is no machine to run the job', {
    hint: 'add one with `megalith hosts add user@host`',
  });
}
