import type { TaskEvent } from '@megalith/agent';
import { type ErrorCode, MegalithError, type TaskEvents, type TaskInput, type TaskSource } from '@megalith/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LeaseBook } from './lease-book.js';
import type { Seat } from './seat.js';
import { statsOf } from './spread.fixture.js';

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not so: ${what}`);
}

/** A job of some tasks whose failures may be tried again, as the conductor above a backend sees it. */
class Model implements TaskSource {
  now = 0;
  readonly book: LeaseBook;
  readonly places = new Map<Seat, Map<number, { attempt: number; asked: boolean }>>();
  readonly beats = new Map<Seat, number>();
  readonly finals = new Set<string>();
  readonly given = new Set<string>();
  readonly cancelled = new Set<number>();
  isStopped = false;
  /** Tasks that were given out while another place had them. */
  twins = 0;
  #next = 0;
  #open = 0;
  readonly #retries: TaskInput[] = [];

  readonly taskCount: number;
  readonly mostAttempts: number;

  constructor(taskCount: number, mostAttempts: number, duplicates: boolean, isLazy: boolean) {
    this.taskCount = taskCount;
    this.mostAttempts = mostAttempts;
    this.book = new LeaseBook(this, isLazy ? undefined : taskCount, { duplicates, silentMs: 1_000 });
  }

  take(max: number): TaskInput[] {
    const inputs = this.#retries.splice(0, max);
    while (inputs.length < max && this.#next < this.taskCount) {
      inputs.push({ index: this.#next++, attempt: 1, item: undefined });
    }
    this.#open += inputs.length;
    for (const { index, attempt } of inputs) this.given.add(`${index}/${attempt}`);
    return inputs;
  }

  ready(): Promise<void> {
    return Promise.resolve();
  }

  get ended(): boolean {
    return this.isStopped || (this.#open === 0 && this.#next === this.taskCount && this.#retries.length === 0);
  }

  join(slots: number): void {
    const seat = this.book.roster.join({
      name: `p${this.places.size}`,
      slots,
      run: () => {
        throw new Error('the book runs nothing');
      },
      heardAt: () => this.beats.get(seat)!,
    });
    this.beats.set(seat, this.now);
    this.places.set(seat, new Map());
  }

  live(pick: number): Seat | undefined {
    const live = [...this.places.keys()].filter(seat => seat.state !== 'gone');
    return live[pick % Math.max(1, live.length)];
  }

  takeFor(seat: Seat, max: number): void {
    const out = this.places.get(seat)!;
    for (const { index, attempt } of this.book.take(seat, max, this.now)) {
      check(!out.has(index), `task ${index} is twice at one place`);
      check(!this.isStopped && !this.cancelled.has(index), `task ${index} is given out though cancelled`);
      if (this.#out(index) > 0) this.twins += 1;
      out.set(index, { attempt, asked: false });
    }
    this.#hear([]);
  }

  /** What a place says of one of its tasks. */
  say(seat: Seat, pick: number, what: 'started' | 'log' | 'done' | 'failed', code: ErrorCode = 'THREW'): void {
    const out = this.places.get(seat)!;
    const index = [...out.keys()][pick % Math.max(1, out.size)];
    if (index === undefined) return;
    const task = out.get(index)!;
    const ref = { job: 1, index, attempt: task.attempt };
    const events: TaskEvent[] = [];
    if (what === 'started') events.push({ type: 'started', ...ref, at: 0, slot: 0 });
    else if (what === 'log') events.push({ type: 'log', ...ref, stream: 'stdout', offset: 0, bytes: Buffer.from('x') });
    else {
      out.delete(index);
      const failure = { code: (task.asked ? 'CANCELLED' : code) as 'THREW', message: 'it failed' };
      if (what === 'done') events.push({ type: 'done', ...ref, value: index, stats: statsOf(5) });
      else events.push({ type: 'failed', ...ref, failure });
    }
    this.beats.set(seat, this.now);
    this.#hear(this.book.receive(seat, events, this.now));
  }

  die(seat: Seat, code: ErrorCode): void {
    this.places.get(seat)!.clear();
    this.book.lose(seat, new MegalithError(code, 'the machine is gone'), this.now);
    this.#hear([]);
  }

  /** Time passes, one place is not heard of, and the others have nothing to do. */
  wait(silent: Seat, ms: number): void {
    this.now += ms;
    this.book.sourceReady();
    const others = [...this.places.keys()].filter(seat => seat.state !== 'gone' && seat !== silent);
    for (const seat of others) this.beats.set(seat, this.now);
    for (const seat of others) this.takeFor(seat, 100);
    this.book.seekStragglers(this.now);
    if (ms % 2 === 0) for (const seat of others) this.takeFor(seat, 100);
  }

  cancel(indexes?: readonly number[]): void {
    if (indexes === undefined) this.isStopped = true;
    for (const index of indexes ?? []) this.cancelled.add(index);
    this.book.cancel('enough', indexes);
    this.#hear([]);
  }

  #out(index: number): number {
    return [...this.places.values()].filter(out => out.has(index)).length;
  }

  #hear(passed: TaskEvents): void {
    for (const event of [...passed, ...this.book.told.splice(0)]) {
      if (event.type !== 'done' && event.type !== 'failed') continue;
      const key = `${event.index}/${event.attempt}`;
      check(!this.finals.has(key), `${key} has a second last event`);
      this.finals.add(key);
      this.#open -= 1;
      const mayRetry =
        event.type === 'failed' && event.attempt < this.mostAttempts && event.failure.code !== 'CANCELLED';
      if (mayRetry && !this.isStopped && !this.cancelled.has(event.index)) {
        this.#retries.push({ index: event.index, attempt: event.attempt + 1, item: undefined });
      }
      this.book.sourceReady();
    }
    for (const { seat, indexes } of this.book.asked.splice(0)) {
      for (const [index, task] of this.places.get(seat)!) if (indexes?.includes(index) ?? true) task.asked = true;
    }
    for (const [seat, out] of this.places) check(seat.held === out.size, 'the book counts what a place has');
  }

  /** Everything goes well from now on. */
  finish(): void {
    for (let round = 0; !this.book.isFinished; round++) {
      check(round < 1_000, 'the job comes to its end');
      this.now += 10_000;
      if (![...this.places.keys()].some(seat => seat.state === 'live')) this.join(3);
      for (const seat of this.places.keys()) if (seat.state !== 'gone') this.beats.set(seat, this.now);
      this.book.sourceReady();
      for (const [seat, out] of this.places) {
        if (seat.state === 'gone') continue;
        this.takeFor(seat, 100);
        while (out.size > 0) this.say(seat, 0, [...out.values()][0]!.asked ? 'failed' : 'done');
      }
    }
  }
}

const pick = fc.nat(20);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(pick, fc.nat(12)).map(
      ([p, max]) =>
        (m: Model) =>
          onLive(m, p, s => m.takeFor(s, max)),
    ),
  },
  {
    weight: 8,
    arbitrary: fc
      .tuple(pick, pick, fc.constantFrom('started' as const, 'log' as const, 'done' as const, 'failed' as const))
      .map(
        ([p, task, what]) =>
          (m: Model) =>
            onLive(m, p, s => m.say(s, task, what)),
      ),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(pick, pick, fc.constantFrom<ErrorCode>('AGENT_LOST', 'OUT_OF_MEMORY', 'CANCELLED', 'DISK_FULL'))
      .map(
        ([p, task, code]) =>
          (m: Model) =>
            onLive(m, p, s => m.say(s, task, 'failed', code)),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(pick, fc.constantFrom<ErrorCode>('AGENT_LOST', 'CONTACT_LOST', 'OVER_MEMORY')).map(
      ([p, code]) =>
        (m: Model) =>
          onLive(m, p, s => m.die(s, code)),
    ),
  },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 4 }).map(slots => (m: Model) => m.join(slots)) },
  { weight: 1, arbitrary: fc.array(fc.nat(60), { maxLength: 2 }).map(some => (m: Model) => m.cancel(some)) },
  {
    weight: 6,
    arbitrary: fc.tuple(pick, fc.integer({ min: 200, max: 5_000 })).map(
      ([p, ms]) =>
        (m: Model) =>
          onLive(m, p, s => m.wait(s, ms)),
    ),
  },
);

function onLive(model: Model, pick: number, act: (seat: Seat) => void): void {
  const seat = model.live(pick);
  if (seat !== undefined) act(seat);
}

const job = fc.record({
  tasks: fc.nat(30),
  attempts: fc.integer({ min: 1, max: 3 }),
  duplicates: fc.boolean(),
  isLazy: fc.boolean(),
  slots: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 4 }),
});

function modelOf({
  tasks,
  attempts,
  duplicates,
  isLazy,
  slots,
}: typeof job extends fc.Arbitrary<infer T> ? T : never): Model {
  const model = new Model(tasks, attempts, duplicates, isLazy);
  for (const each of slots) model.join(each);
  return model;
}

describe('the book of leases', () => {
  it('gives every attempt exactly one last event, whatever happens to the places', () => {
    let twins = 0;
    fc.assert(
      fc.property(job, fc.array(step, { maxLength: 80 }), (facts, steps) => {
        const model = modelOf(facts);
        for (const act of steps) act(model);
        model.finish();
        twins += model.twins;
        expect([...model.finals].sort()).toEqual([...model.given].sort());
        expect(new Set([...model.given].map(key => key.split('/')[0])).size).toBe(facts.tasks);
        expect([...model.places.keys()].every(seat => seat.state !== 'gone' || seat.held === 0)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
    expect(twins).toBeGreaterThan(0);
  });

  it('ends every task that is out when the whole job is cancelled, and gives out no more', () => {
    fc.assert(
      fc.property(job, fc.array(step, { maxLength: 40 }), fc.array(step, { maxLength: 20 }), (facts, before, after) => {
        const model = modelOf(facts);
        for (const act of before) act(model);
        model.cancel();
        const given = model.given.size;
        for (const act of after) act(model);
        model.finish();
        expect(model.given.size).toBe(given);
        expect([...model.finals].sort()).toEqual([...model.given].sort());
      }),
      { numRuns: 500 },
    );
  });

  it('ends a cancelled task itself that is back from a dead place and waits', () => {
    const model = new Model(2, 1, false, false);
    model.join(2);
    const [a] = model.places.keys();
    model.takeFor(a!, 2);
    model.die(a!, 'AGENT_LOST');
    model.cancel([1]);
    expect([...model.finals]).toEqual(['1/1']);
    model.finish();
    expect(model.finals.size).toBe(2);
  });

  it('gives no attempt to a place that still runs the one before', () => {
    const model = new Model(1, 2, false, false);
    model.join(1);
    model.join(1);
    const [a, b] = model.places.keys();
    model.takeFor(a!, 1);
    model.wait(a!, 2_000);
    expect(model.twins).toBe(1);
    model.say(a!, 0, 'failed');
    model.takeFor(b!, 1);
    expect(model.places.get(b!)?.get(0)?.attempt).toBe(1);
    model.takeFor(a!, 1);
    expect(model.places.get(a!)?.get(0)?.attempt).toBe(2);
    model.say(b!, 0, 'done');
    expect([...model.finals]).toEqual(['0/1']);
    model.finish();
    expect([...model.finals]).toEqual(['0/1', '0/2']);
  });

  it('keeps back what another place could do', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 1, max: 4 }), (count, slots) => {
        const model = new Model(count * slots, 1, false, false);
        for (let place = 0; place < count; place++) model.join(slots);
        for (const seat of model.places.keys()) model.takeFor(seat, 1_000);
        expect([...model.places.keys()].map(seat => seat.held)).toEqual(Array(count).fill(slots));
      }),
    );
  });
});
