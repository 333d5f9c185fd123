import type { JobEvent } from '@megalith/core';
import { describe, expect, test } from 'vitest';
import { eventually } from './eventually.js';
import { failureOf } from './failure-of.js';
import { executorOf, type Place } from './place.js';
import { scratchFolder, tallyIn } from './scratch.js';
import { double } from './tasks/arithmetic.js';
import { type Plan, runPlan } from './tasks/plan.js';

/** Retries with exact counts of what ran: Lithops' `test_retries`, and that the default really retries. */
export function retries(place: Place): void {
  describe.runIf(place.capabilities.sameFiles)('a retry', () => {
    const executor = executorOf(place);

    /** Items whose n-th attempts do what the plan says; after its end they succeed. */
    function planned(...plans: Plan['attempts'][]) {
      const tally = tallyIn(scratchFolder());
      return { tally, items: plans.map((attempts, name) => ({ name: `${name}`, attempts, tally: tally.path })) };
    }
    const invocations = ({ tally, items }: ReturnType<typeof planned>) => items.map(({ name }) => tally.count(name));

    test('is not made where nothing fails', async () => {
      const work = planned([], [], []);
      expect(await executor().map(runPlan, work.items, { retries: 2 })).toEqual(['0', '1', '2']);
      expect(invocations(work)).toEqual([1, 1, 1]);
    });

    test('of the first attempt of every task succeeds', async () => {
      const work = planned(['throw'], ['throw'], ['throw']);
      expect(await executor().map(runPlan, work.items, { retries: { retries: 2, backoff: 1 } })).toEqual([
        '0',
        '1',
        '2',
      ]);
      expect(invocations(work)).toEqual([2, 2, 2]);
    });

    test('is made for the tasks that failed, and only for them', async () => {
      const work = planned(['throw', 'throw'], [], ['throw']);
      expect(await executor().map(runPlan, work.items, { retries: { retries: 2, backoff: 1 } })).toEqual([
        '0',
        '1',
        '2',
      ]);
      expect(invocations(work)).toEqual([3, 1, 2]);
    });

    test('follows a time limit too', async () => {
      const work = planned(['hang'], []);
      const options = { retries: { retries: 2, backoff: 1 }, timeout: 1_500, grace: 50 };
      expect(await executor().map(runPlan, work.items, options)).toEqual(['0', '1']);
      expect(invocations(work)).toEqual([2, 1]);
    });

    test('ends after the last one, with the last failure, and the neighbours keep their results', async () => {
      const work = planned([], ['throw', 'throw', 'throw', 'throw'], []);
      const job = executor().map(runPlan, work.items, { retries: { retries: 2, backoff: 1 } });
      const error = await failureOf(job);
      expect(error.code).toBe('THREW');
      expect(error.message).toContain('attempt 3');
      expect([await job.future(0), await job.future(2)]).toEqual(['0', '2']);
      expect(invocations(work)).toEqual([1, 3, 1]);
      expect(await job.ended()).toMatchObject({ total: 3, done: 2, failed: 1 });
    });

    test('is not made by default', async () => {
      const work = planned(['throw']);
      expect((await failureOf(executor().map(runPlan, work.items))).code).toBe('THREW');
      expect(invocations(work)).toEqual([1]);
    });

    test('is recorded, attempt by attempt', async () => {
      const work = planned(['throw', 'exit']);
      const events: JobEvent[] = [];
      const job = executor().map(runPlan, work.items, {
        retries: { retries: 3, backoff: 1 },
        onEvent: event => events.push(event),
      });
      await job;
      const { attempts, stats } = job.future(0);
      expect(attempts.map(({ attempt, failure }) => [attempt, failure?.code])).toEqual([
        [1, 'THREW'],
        [2, 'CRASHED'],
        [3, undefined],
      ]);
      expect(stats!.attempt).toBe(3);
      const retrying = events.filter(event => event.type === 'retrying');
      expect(retrying.map(({ attempt, failure }) => [attempt, failure.code])).toEqual([
        [1, 'THREW'],
        [2, 'CRASHED'],
      ]);
    });

    test('waits each time within a backoff that grows up to a limit', async () => {
      const work = planned(['throw', 'throw', 'throw', 'throw']);
      const waits: number[] = [];
      await executor().map(runPlan, work.items, {
        retries: { retries: 4, backoff: 10, factor: 3, maxBackoff: 50 },
        onEvent: event => event.type === 'retrying' && waits.push(event.inMs),
      });
      const backoffs = [10, 30, 50, 50];
      expect(waits.map((wait, i) => wait >= 0 && wait <= backoffs[i]!)).toEqual([true, true, true, true]);
    });

    test('is made only where the predicate is true', async () => {
      const work = planned(['throw', 'throw'], ['exit', 'exit']);
      const asked: [string, number][] = [];
      const job = executor().map(runPlan, work.items, {
        retries: {
          retries: 5,
          backoff: 1,
          when: (error, attempt) => {
            asked.push([error.code, attempt]);
            return error.code === 'THREW';
          },
        },
      });
      expect(await job.future(0)).toBe('0');
      expect((await failureOf(job.future(1))).code).toBe('CRASHED');
      expect(invocations(work)).toEqual([3, 1]);
      expect(asked.sort()).toEqual([
        ['CRASHED', 1],
        ['THREW', 1],
        ['THREW', 2],
      ]);
    });

    test('is not made for a result that cannot travel: it never will', async () => {
      const work = planned(['unserializable']);
      expect((await failureOf(executor().map(runPlan, work.items, { retries: 3 }))).code).toBe('NOT_SERIALIZABLE');
      expect(invocations(work)).toEqual([1]);
    });

    test('is not made for a job that was cancelled while it waited', async () => {
      const work = planned(['throw', 'throw']);
      const job = executor().map(runPlan, work.items, {
        retries: { retries: 1, backoff: '1d', maxBackoff: '1d' },
        onEvent: event => event.type === 'retrying' && job.cancel('too late'),
      });
      expect((await failureOf(job)).code).toBe('CANCELLED');
      expect(await job.ended()).toMatchObject({ cancelled: 1, running: 0 });
      expect(invocations(work)).toEqual([1]);
    });

    test('does not hold up the tasks behind it', async () => {
      const work = planned(['throw'], [], []);
      const job = executor().map(runPlan, work.items, { retries: { retries: 1, backoff: '1d', maxBackoff: '1d' } });
      expect([await job.future(1), await job.future(2)]).toEqual(['1', '2']);
      await eventually('the failed task waits', () => job.future(0).state === 'waiting-to-retry');
      job.cancel();
      await job.ended();
      expect(await executor().map(double, [1])).toEqual([2]);
    });
  });
}
