import { describe, expect, test } from 'vitest';
import { eventually, within } from './eventually.js';
import { failureOf } from './failure-of.js';
import { executorOf, type Place } from './place.js';
import { gateIn, scratchFolder, tallyIn } from './scratch.js';
import { double } from './tasks/arithmetic.js';
import { failOnceBegun, type GateItem, passGate, passGateOrReturn, spinUntilGate, tidyUp } from './tasks/gate.js';
import { neverEnds } from './tasks/slow-to-load.js';

/** Ending work before its time: signals, single tasks, time limits, and the rest of a job after a failure. */
export function cancelling(place: Place): void {
  describe.runIf(place.capabilities.sameFiles)('cancelling', () => {
    const executor = executorOf(place);

    function gated(count: number) {
      const folder = scratchFolder();
      const gate = gateIn(folder);
      const tally = tallyIn(folder);
      const items: GateItem[] = Array.from({ length: count }, (_, value) => ({
        gate: gate.path,
        tally: tally.path,
        value,
      }));
      return { gate, tally, items };
    }

    test('by the signal of the job ends running and queued tasks', async () => {
      const { items, tally } = gated(20);
      const abort = new AbortController();
      const job = executor().map(passGate, items, { signal: abort.signal });
      await eventually('a task runs', () => tally.lines().length > 0);
      abort.abort();
      const error = await failureOf(job);
      expect(error.code).toBe('CANCELLED');
      const counts = await within(20_000, 'the job to end', job.ended());
      expect(counts).toMatchObject({ cancelled: 20, done: 0, running: 0 });
      expect(tally.lines().filter(line => line.startsWith('ended'))).toEqual([]);
    });

    test('with a signal that is aborted already starts nothing', async () => {
      const { items, tally } = gated(2);
      const job = executor().map(passGate, items, { signal: AbortSignal.abort() });
      expect((await failureOf(job)).code).toBe('CANCELLED');
      expect(await executor().map(double, [1])).toEqual([2]);
      expect(tally.lines()).toEqual([]);
    });

    test('of one future leaves its neighbours alone', async () => {
      const { items, gate, tally } = gated(3);
      const job = executor().map(passGate, items, { cpus: 0.1 });
      await eventually('all tasks run', () => tally.lines().length === 3);
      job.future(1).cancel('not this one');
      const error = await failureOf(job.future(1));
      expect(error.code).toBe('CANCELLED');
      expect(error.message).toContain('not this one');
      expect(job.future(1).state).toBe('cancelled');
      gate.open();
      expect([await job.future(0), await job.future(2)]).toEqual([0, 2]);
      expect(await job.ended()).toMatchObject({ done: 2, cancelled: 1, failed: 0 });
    });

    test('of what has ended changes nothing', async () => {
      const job = executor().map(double, [1]);
      expect(await job).toEqual([2]);
      job.cancel();
      job.future(0).cancel();
      expect(await job).toEqual([2]);
      expect(job.state).toBe('done');
    });

    test('gives a task its grace: it sees the signal and may tidy up', async () => {
      const { items, tally } = gated(1);
      const job = executor().map(tidyUp, items, { grace: '10s' });
      await eventually('the task runs', () => tally.lines().length > 0);
      job.cancel('closing time');
      await within(20_000, 'the cancelled job to end', job.ended());
      expect(tally.count('tidied up')).toBe(1);
    });

    test('kills a task that does not listen, and its slot is replaced', async () => {
      const { items, tally } = gated(1);
      const job = executor().map(spinUntilGate, items, { grace: 100 });
      await eventually('the task spins', () => tally.lines().length > 0);
      job.cancel();
      await within(20_000, 'the cancelled job to end', job.ended());
      expect(await executor().map(double, [1, 2, 3])).toEqual([2, 4, 6]);
    });

    test('by a time limit ends the attempt alone, with TIMED_OUT', async () => {
      const { items, gate } = gated(1);
      const job = executor().map(passGateOrReturn, [items[0]!, 7], { timeout: 300, grace: 100, cpus: 0.1 });
      const error = await failureOf(job.future(0));
      expect(error.code).toBe('TIMED_OUT');
      expect(error.message).toMatch(/300 ?ms/);
      expect(await job.future(1)).toBe(7);
      gate.open();
    });

    test('by a time limit holds for the first task of a module that is slow to load', async () => {
      const fresh = await place.open();
      try {
        const error = await failureOf(fresh.callAsync(neverEnds, undefined, { timeout: 300, grace: 100 }));
        expect(error.code).toBe('TIMED_OUT');
      } finally {
        await fresh.close();
      }
    });

    test('of the rest after a failure, if asked to', async () => {
      const { items, tally } = gated(1);
      const job = executor().map(failOnceBegun, [items[0]!, tally.path, items[0]!], { onFailure: 'stop', cpus: 0.1 });
      const error = await failureOf(job);
      expect(error.code).toBe('THREW');
      const counts = await within(20_000, 'the stopped job to end', job.ended());
      expect(counts).toMatchObject({ failed: 1, cancelled: 2, done: 0 });
      expect(job.state).toBe('failed');
    });

    test('of nothing after a failure, by default', async () => {
      const job = executor().map(
        (x: number) => {
          if (x === 0) throw new Error('first');
          return x;
        },
        [0, 1, 2, 3],
      );
      expect(await job.ended()).toMatchObject({ failed: 1, done: 3 });
      expect(await job.future(3)).toBe(3);
    });
  });
}
