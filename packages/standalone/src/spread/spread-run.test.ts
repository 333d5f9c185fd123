import { type ErrorCode, isMegalithError, MegalithError } from '@megalith/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Place } from './place.js';
import { FakeClock, FakePlace, jobOf, NumberSource, read, until } from './spread.fixture.js';
import { type SpreadOptions, spreadRun } from './spread-run.js';

const quick = (task: { readonly index: number }, place: FakePlace): void => place.done(task.index);
const never = (): void => undefined;
const lost = (code: ErrorCode, message = 'it is gone'): MegalithError => new MegalithError(code, message);

function start(count: number, places: readonly FakePlace[], options: SpreadOptions = {}, attempts = 1) {
  const source = new NumberSource(count);
  const clock = new FakeClock();
  const run = spreadRun(jobOf(source), places, { clock, ...options });
  const reading = read(run, source, attempts);
  return { source, clock, run, ...reading };
}

describe('a job over several places', () => {
  it('has every result once, and says where it ran', async () => {
    const places = ['a', 'b', 'c'].map(name => new FakePlace(name, 2, quick));
    const job = start(1_000, places);
    expect(await job.end).toBeUndefined();
    expect(job.values.size).toBe(1_000);
    expect(job.run.machine).toBe('3 machines (a, b, c)');
    expect(places.map(place => place.hasEnded)).toEqual([true, true, true]);
    expect(places.reduce((sum, place) => sum + place.taskCount, 0)).toBe(1_000);
    expect(job.clock.waiting).toBe(0);
  });

  it('goes straight through where there is one place', async () => {
    const source = new NumberSource(10);
    const place = new FakePlace('only', 1, quick);
    const job = jobOf(source);
    const given: unknown[] = [];
    const only: Place = {
      name: 'only',
      slots: 1,
      run(each) {
        given.push(each);
        return place.run(each);
      },
    };
    const run = spreadRun(job, [only]);
    expect(await read(run, source).end).toBeUndefined();
    expect(given[0]).toBe(job);
    expect(run.machine).toBe('only');
    expect(() => spreadRun(job, [])).toThrowError(expect.objectContaining({ code: 'NOT_CONFIGURED' }));
  });

  it('gives the tasks of a dead place to others, as the same attempt', async () => {
    const a = new FakePlace('a', 2, never);
    const b = new FakePlace('b', 2, quick);
    const job = start(20, [a, b]);
    await until('a has tasks', () => a.out.size > 0);
    const had = [...a.out.keys()];
    a.die(lost('AGENT_LOST'));
    expect(await job.end).toBeUndefined();
    expect(b.ran).toEqual(expect.arrayContaining(had.map(index => `${index}/1`)));
    expect([...job.values.keys()].sort((x, y) => x - y)).toEqual([...Array(20).keys()]);
    expect(job.failures.size).toBe(0);
  });

  it('fails with the last error when no place is left, and tells what each said', async () => {
    const places = [new FakePlace('a', 1, never), new FakePlace('b', 1, never)];
    const job = start(5, places);
    await until('both work', () => places.every(place => place.out.size > 0));
    places[0]!.die(lost('SSH_FAILED', 'no route'));
    places[1]!.die(lost('CONTACT_LOST', 'no answer'));
    const error = (await job.end) as MegalithError;
    expect(error.code).toBe('CONTACT_LOST');
    expect(error.details?.machines).toEqual([
      { name: 'a', code: 'SSH_FAILED', message: 'no route' },
      { name: 'b', code: 'CONTACT_LOST', message: 'no answer' },
    ]);
    expect(job.clock.waiting).toBe(0);
  });

  it('fails at once with an error that would happen anywhere, and ends the other runs', async () => {
    const places = [new FakePlace('a', 1, never), new FakePlace('b', 1, never)];
    const job = start(5, places);
    await until('both work', () => places.every(place => place.out.size > 0));
    const error = lost('CANNOT_SHARE');
    places[0]!.die(error);
    expect(await job.end).toBe(error);
    expect(places[1]!.asked).toEqual([undefined]);
    await until('the other run ends', () => places[1]!.hasEnded);
  });

  it('does without a place that is too small, unless all are', async () => {
    const small = new FakePlace('small', 1, (_, place) => place.die(lost('OVER_MEMORY')));
    const job = start(5, [small, new FakePlace('large', 1, quick)]);
    expect(await job.end).toBeUndefined();
    expect(job.values.size).toBe(5);
    const tooSmall = ['a', 'b'].map(name => new FakePlace(name, 1, (_, place) => place.die(lost('OVER_MEMORY'))));
    expect(await start(5, tooSmall).end).toMatchObject({ code: 'OVER_MEMORY' });
  });

  it('does not report tasks as cancelled that a machine ended as it went', async () => {
    const a = new FakePlace('a', 2, never);
    const job = start(12, [a, new FakePlace('b', 2, quick)]);
    await until('a has tasks', () => a.out.size > 0);
    for (const index of [...a.out.keys()]) a.fail(index, { code: 'CANCELLED', message: 'cancelled: its host ends' });
    a.die(lost('AGENT_LOST'));
    expect(await job.end).toBeUndefined();
    expect([job.values.size, job.failures.size]).toEqual([12, 0]);
  });

  it('reports a task on which machines die as failed, instead of killing them all', async () => {
    const killer = (task: { readonly index: number }, place: FakePlace): void => {
      if (task.index !== 0) place.done(task.index);
      else {
        place.started(0);
        setImmediate(() => place.die(lost('AGENT_LOST')));
      }
    };
    const job = start(
      8,
      ['a', 'b', 'c', 'd'].map(name => new FakePlace(name, 1, killer)),
    );
    expect(await job.end).toBeUndefined();
    expect([...job.failures]).toMatchObject([[0, { code: 'AGENT_LOST' }]]);
    expect(job.values.size).toBe(7);
  });

  it('gives no more to a machine that ends tasks unasked, and believes it when all do', async () => {
    const ends = (task: { readonly index: number }, place: FakePlace): void =>
      place.fail(task.index, { code: 'CANCELLED', message: 'cancelled: from another terminal' });
    const a = new FakePlace('a', 1, ends);
    const job = start(40, [a, new FakePlace('b', 1, quick)]);
    expect(await job.end).toBeUndefined();
    expect(job.values.size).toBe(40);
    expect(a.ran.length).toBeLessThanOrEqual(2);
    const all = start(40, [new FakePlace('a', 1, ends), new FakePlace('b', 1, ends)]);
    expect(await all.end).toBeUndefined();
    expect([...all.failures.values()].map(({ code }) => code)).toEqual(Array(40).fill('CANCELLED'));
  });

  it('takes back what a machine hands back that is about to go, gives it no more, and blames no task', async () => {
    const failure = { code: 'AGENT_LOST', message: 'it goes', details: { leaving: true } } as const;
    const goes = (task: { readonly index: number }, place: FakePlace): void => {
      place.started(task.index);
      place.fail(task.index, failure);
    };
    const going = ['a', 'b', 'c', 'd', 'e'].map(name => new FakePlace(name, 1, goes));
    const job = start(40, [...going, new FakePlace('f', 1, quick)]);
    expect(await job.end).toBeUndefined();
    expect([job.values.size, job.failures.size]).toEqual([40, 0]);
    for (const place of going) expect(place.ran.length).toBeLessThanOrEqual(2);
  });

  it('tries tasks elsewhere that ran out of memory', async () => {
    const onTask = (task: { readonly index: number; readonly attempt: number }, place: FakePlace): void => {
      if (task.attempt === 1) place.fail(task.index, { code: 'OUT_OF_MEMORY', message: 'too large' });
      else place.done(task.index);
    };
    const [a, b] = [new FakePlace('a', 1, onTask), new FakePlace('b', 1, onTask)];
    const job = start(30, [a, b], {}, 2);
    expect(await job.end).toBeUndefined();
    expect(job.values.size).toBe(30);
    for (const [one, other] of [[a, b] as const, [b, a] as const]) {
      const first = one.ran.filter(key => key.endsWith('/1'));
      expect(other.ran).toEqual(expect.arrayContaining(first.map(key => key.replace('/1', '/2'))));
    }
  });

  it('starts on the place that is ready and takes in those that come later', async () => {
    const late = new FakePlace('late', 2, quick);
    let come!: () => void;
    const coming = new Promise<void>(resolve => {
      come = resolve;
    });
    async function* join(): AsyncGenerator<Place> {
      await coming;
      yield late;
    }
    const early = new FakePlace('early', 1, never);
    const job = start(30, [early], { join: join() });
    await until('the first works', () => early.out.size > 0);
    expect(job.run.machine).toBe('early');
    come();
    await until('the late one has done the rest', () => job.values.size === 30 - early.out.size);
    early.die(lost('AGENT_LOST'));
    expect(await job.end).toBeUndefined();
    expect(job.values.size).toBe(30);
  });

  it('waits for a place that is still to come when it has none, and fails when none came', async () => {
    async function* join(): AsyncGenerator<Place> {
      await new Promise(resolve => setImmediate(resolve));
      throw lost('BOOTSTRAP_FAILED', 'the disk is full');
    }
    const job = start(3, [], { join: join() });
    expect(await job.end).toMatchObject({ code: 'BOOTSTRAP_FAILED', message: 'the disk is full' });
  });

  it('starts overdue tasks again on an idle place where that is allowed, and the first result counts', async () => {
    const slow = new FakePlace('slow', 1, (task, place) =>
      task.index === 0 ? place.started(0) : place.done(task.index),
    );
    const other = new FakePlace('other', 1, quick);
    const job = start(20, [slow, other], { duplicates: true });
    await until('only the slow one is left', () => job.values.size === 20 - slow.out.size && slow.out.size === 1);
    slow.log(0, 0, 'slowly');
    await until('it runs elsewhere', () => {
      job.clock.pass(500);
      return other.ran.includes('0/1');
    });
    expect(await job.end).toBeUndefined();
    expect(job.clock.now()).toBeGreaterThan(2_000);
    expect(job.values.get(0)).toBe('0 by other');
    expect(slow.asked).toEqual([[0]]);
    expect(job.events.filter(event => event.type === 'log')).toHaveLength(1);
  });

  it('lets the second run of a task go on whose first failed, until the job is done', async () => {
    const onTask = (task: { readonly index: number }, place: FakePlace): void =>
      task.index === 0 ? place.started(0) : place.done(task.index);
    const places = [new FakePlace('a', 1, onTask), new FakePlace('b', 1, onTask)];
    const job = start(20, places, { duplicates: true });
    await until('it runs twice', () => {
      job.clock.pass(500);
      return places.every(place => place.out.has(0));
    });
    // Places begin in their order, so that the first has task 0 first.
    const [holder, twin] = places;
    holder!.fail(0, { code: 'THREW', message: 'no' });
    expect(await job.end).toBeUndefined();
    expect(twin!.asked).toEqual([undefined]);
    expect(job.failures.get(0)?.code).toBe('THREW');
  });

  it('starts nothing twice where it is not allowed, except what a silent machine has', async () => {
    const quiet = new FakePlace('quiet', 1, (task, place) =>
      task.index === 0 ? place.started(0) : place.done(task.index),
    );
    const other = new FakePlace('other', 1, quick);
    const job = start(20, [quiet, other]);
    await until('only one is left', () => job.values.size === 20 - quiet.out.size && quiet.out.size === 1);
    for (let round = 0; round < 100; round++) {
      job.clock.pass(10_000);
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(other.ran).not.toContain('0/1');
    quiet.heardAt = () => 0;
    job.clock.pass(1_000);
    expect(await job.end).toBeUndefined();
    expect(job.values.get(0)).toBe('0 by other');
  });

  it('shows the output of a task that moved as one stream', async () => {
    const a = new FakePlace('a', 1, never);
    const b = new FakePlace('b', 1, never);
    const job = start(2, [a, b]);
    await until('both work', () => a.out.size === 1 && b.out.size === 1);
    const [index] = a.out.keys();
    a.log(index!, 0, 'first');
    a.started(index!);
    await until('it is shown', () => job.events.length === 2);
    a.die(lost('AGENT_LOST'));
    b.done([...b.out.keys()][0]!);
    await until('b has it', () => b.out.has(index!));
    b.started(index!);
    b.log(index!, 0, 'second');
    b.log(index!, 6, 'third');
    b.done(index!);
    expect(await job.end).toBeUndefined();
    const shown = job.events.flatMap(event => (event.type === 'log' ? [[event.offset, `${event.bytes}`]] : []));
    expect(shown.map(([offset]) => offset)).toEqual([0, 5, 11]);
    expect(job.events.filter(event => event.type === 'started' && event.index === index)).toHaveLength(1);
  });

  it('cancels tasks where they are, and the whole job everywhere', async () => {
    const places = [new FakePlace('a', 2, never), new FakePlace('b', 2, never)];
    const job = start(4, places);
    await until('all are out', () => places.every(place => place.out.size === 2));
    const holder = places.find(place => place.out.has(1))!;
    job.run.cancel('not this one', [1]);
    await until('it is cancelled', () => job.failures.has(1));
    expect(holder.asked).toEqual([[1]]);
    job.source.stop();
    job.run.cancel('enough');
    expect(await job.end).toBeUndefined();
    expect([...job.failures.values()].map(({ code }) => code)).toEqual(Array(4).fill('CANCELLED'));
  });

  it('ends cancelled tasks itself whose place dies before it could', async () => {
    const places = [new FakePlace('a', 2, never), new FakePlace('b', 2, never)];
    for (const place of places) place.run = hardOfHearing(place);
    const job = start(4, places);
    await until('all are out', () => places.every(place => place.out.size === 2));
    job.source.stop();
    job.run.cancel('enough');
    for (const place of places) place.die(lost('AGENT_LOST'));
    expect(await job.end).toBeUndefined();
    expect([...job.failures.values()].map(({ code }) => code)).toEqual(Array(4).fill('CANCELLED'));
  });

  it('survives any sequence of deaths while a place is left', async () => {
    const fate = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fate, fc.nat(200), fc.integer({ min: 1, max: 3 }), async (deaths, count, slots) => {
        const dying = deaths.map((after, number) => {
          let seen = 0;
          return new FakePlace(`p${number}`, slots, (task, place) => {
            if (++seen === after) setImmediate(() => place.die(lost('CONTACT_LOST')));
            else if (seen < after) place.done(task.index);
          });
        });
        const job = start(count, [...dying, new FakePlace('last', slots, quick)]);
        expect(await job.end).toBeUndefined();
        expect([job.values.size, job.failures.size]).toEqual([count, 0]);
      }),
      { numRuns: 60 },
    );
  });

  it('passes on an error that is no MegalithError as it is', async () => {
    const bug = new TypeError('a bug');
    const job = start(3, [new FakePlace('a', 1, (_, place) => place.die(bug)), new FakePlace('b', 1, never)]);
    const error = await job.end;
    expect(error).toBe(bug);
    expect(isMegalithError(error)).toBe(false);
  });
});

/** A place that does not hear when it is asked to end tasks. */
function hardOfHearing(place: FakePlace): Place['run'] {
  const run = place.run.bind(place);
  return job => ({ events: run(job).events, machine: place.name, cancel: () => undefined });
}
