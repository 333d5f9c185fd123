import type { Failure } from '@megalith/agent';
import { type ErrorCode, isMegalithError, type JobRun, MegalithError } from '@megalith/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakePlace, jobOf, NumberSource, read, until } from '../spread/spread.fixture.js';
import { movingRun } from './moving-run.js';

const gone = (): MegalithError => new MegalithError('AGENT_LOST', 'the cloud has ended it');
const leaving: Failure = { code: 'AGENT_LOST', message: 'taken back', details: { leaving: true } };
const quick = (task: { readonly index: number }, place: FakePlace): void => place.done(task.index);

type Act = (task: { readonly index: number; readonly attempt: number }, place: FakePlace, machine: number) => void;

interface Setting {
  readonly attempts?: number;
  /** Whether the machine has the job. */
  readonly hasIt?: () => boolean;
}

/** A job whose tasks each machine treats as `act` says. */
function start(count: number, act: Act, { attempts = 1, hasIt = () => true }: Setting = {}) {
  const source = new NumberSource(count);
  const machines: FakePlace[] = [];
  const left: number[] = [];
  const run: JobRun = movingRun(jobOf(source), job => {
    const number = machines.length;
    const place = new FakePlace(`m${number}`, 2, (task, at) => act(task, at, number));
    machines.push(place);
    return { run: place.run(job), hasIt, leave: async () => void left.push(number) };
  });
  return { source, machines, left, run, ...read(run, source, attempts) };
}

describe('a job on one machine after another', () => {
  it('has each result once where the first machine stays', async () => {
    const job = start(100, quick);
    expect(await job.end).toBeUndefined();
    expect(job.values.size).toBe(100);
    expect(job.machines).toHaveLength(1);
    expect(job.left).toEqual([0]);
  });

  it('goes on elsewhere with what a machine that leaves has handed back, as the same attempt', async () => {
    const job = start(6, ({ index }, place, machine) => {
      if (machine === 1 || index < 2) place.done(index);
      else if (index > 2) place.fail(index, leaving);
      else place.started(index);
    });
    await until('the other machine has done its part', () => job.values.size === 5);
    expect(job.machines).toHaveLength(2);
    // Task 2 still runs on the first.
    expect(job.machines[1]!.hasEnded).toBe(false);
    job.machines[0]!.fail(2, leaving);
    expect(await job.end).toBeUndefined();
    expect(job.values.get(2)).toBe('2 by m1');
    expect(job.values.get(1)).toBe('1 by m0');
    expect(job.machines[1]!.ran.toSorted()).toEqual(['2/1', '3/1', '4/1', '5/1']);
    expect(job.failures.size).toBe(0);
    expect(job.left.toSorted()).toEqual([0, 1]);
  });

  it('counts a retry only for tasks that had begun on a machine that is no more', async () => {
    const job = start(
      3,
      ({ index }, place, machine) => {
        if (machine > 0) place.done(index);
        else if (index === 0) place.done(0);
        else if (index === 1) place.started(1);
        else setImmediate(() => place.die(gone()));
      },
      { attempts: 2 },
    );
    expect(await job.end).toBeUndefined();
    expect(job.machines[1]!.ran.toSorted()).toEqual(['1/2', '2/1']);
    expect(job.values.size).toBe(3);
  });

  it('ends without another machine where nothing is left to try', async () => {
    const job = start(1, ({ index }, place) => {
      place.started(index);
      setImmediate(() => place.die(gone()));
    });
    expect(await job.end).toBeUndefined();
    expect(job.failures.get(0)).toMatchObject({ code: 'AGENT_LOST' });
    expect(job.machines).toHaveLength(1);
  });

  it('gives up after five machines in whose time no task was done', async () => {
    const job = start(2, (_, place) => void setImmediate(() => place.die(gone())));
    expect(await job.end).toMatchObject({ code: 'NO_CAPACITY', message: expect.stringContaining('6 machines') });
    expect(job.machines).toHaveLength(6);
    expect(job.left.toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('goes on for as long as each machine gets something done', async () => {
    const job = start(20, ({ index }, place, machine) => {
      if (index <= machine) place.done(index);
      else place.fail(index, leaving);
    });
    expect(await job.end).toBeUndefined();
    expect(job.machines).toHaveLength(20);
    expect(job.values.size).toBe(20);
  });

  it('ends at once when it is cancelled before a machine has it, and lets the machine go', async () => {
    const job = start(0, quick, { hasIt: () => false });
    job.run.cancel('enough');
    expect(await job.end).toBeUndefined();
    expect(job.left).toEqual([0]);
  });

  it('takes no other machine once it is cancelled', async () => {
    const job = start(2, ({ index }, place) => place.started(index));
    await until('both run', () => job.machines[0]!.out.size === 2);
    // A machine that dies does not tell of the end of tasks any more.
    job.machines[0]!.fail = () => undefined;
    job.source.stop();
    job.run.cancel('enough');
    job.machines[0]!.die(gone());
    expect(await job.end).toBeUndefined();
    expect([...job.failures.values()].map(({ code }) => code)).toEqual(['CANCELLED', 'CANCELLED']);
    expect(job.machines).toHaveLength(1);
  });

  it('fails with what would happen anywhere', async () => {
    const job = start(2, (_, place) => void setImmediate(() => place.die(new MegalithError('QUOTA', 'no more'))));
    expect(await job.end).toMatchObject({ code: 'QUOTA' });
    expect(job.left).toEqual([0]);
  });

  it('joins the output of a task that goes on elsewhere', async () => {
    const job = start(1, ({ index }, place, machine) => {
      place.log(index, 0, machine === 0 ? 'abc' : 'xy');
      if (machine === 0) place.fail(index, leaving);
      else place.done(index);
    });
    expect(await job.end).toBeUndefined();
    const logs = job.events.flatMap(event => (event.type === 'log' ? [[event.offset, String(event.bytes)]] : []));
    expect(logs).toEqual([
      [0, 'abc'],
      [3, 'xy'],
    ]);
  });
});

const codes: readonly ErrorCode[] = ['AGENT_LOST', 'NO_PLACEMENT'];

it('each task has one last event whatever becomes of machines (property)', async () => {
  const fate = fc.constantFrom<'done' | 'leave' | 'begin' | 'die' | 'fail'>(
    'done',
    'done',
    'leave',
    'begin',
    'die',
    'fail',
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fate, { minLength: 1, maxLength: 40 }),
      fc.nat(12),
      fc.nat(2),
      async (fates, count, retries) => {
        let at = 0;
        const job = start(
          count,
          ({ index }, place, machine) => {
            // From some machine on all goes well, so that the job ends.
            const next = machine > 4 ? 'done' : fates[at++ % fates.length];
            if (next === 'done') place.done(index);
            else if (next === 'fail') place.fail(index, { code: 'THREW', message: 'no' });
            else if (next === 'leave') place.fail(index, leaving);
            else {
              if (next === 'begin') place.started(index);
              setImmediate(() => place.die(new MegalithError(codes[index % 2]!, 'gone')));
            }
          },
          { attempts: retries + 1 },
        );
        const error = await job.end;
        // `read` itself refuses a second last event of an attempt.
        if (error !== undefined) throw isMegalithError(error) ? new Error(error.message) : error;
        const ended = new Set([...job.values.keys(), ...job.failures.keys()]);
        expect(ended.size).toBe(count);
        expect(job.left).toHaveLength(job.machines.length);
        for (const { attempt } of job.events as { attempt: number }[]) expect(attempt).toBeLessThanOrEqual(retries + 1);
      },
    ),
    { numRuns: 200 },
  );
});
