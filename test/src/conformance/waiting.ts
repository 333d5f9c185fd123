import { describe, expect, test } from 'vitest';
import { eventually, within } from './eventually.js';
import { failureOf, failureOfCall } from './failure-of.js';
import { executorOf, type Place } from './place.js';
import { gateIn, scratchFolder, tallyIn } from './scratch.js';
import { double } from './tasks/arithmetic.js';
import { passGate } from './tasks/gate.js';

/** Waiting for a part of the work, and giving up on waiting without giving up the work. */
export function waiting(place: Place): void {
  describe.runIf(place.capabilities.sameFiles)('waiting', () => {
    const executor = executorOf(place);

    /** Four tasks; each ends when its own gate opens. */
    function gatedJob() {
      const folder = scratchFolder();
      const tally = tallyIn(folder);
      const gates = [0, 1, 2, 3].map(i => gateIn(folder, `gate-${i}`));
      const items = gates.map((gate, value) => ({ gate: gate.path, tally: tally.path, value }));
      const job = executor().map(passGate, items, { cpus: 0.1 });
      return { job, gates, tally };
    }

    test('for all gives every future as done', async () => {
      const job = executor().map(double, [1, 2, 3]);
      const { done, pending } = await executor().wait(job);
      expect([done.length, pending.length]).toEqual([3, 0]);
    });

    test('for any ends with the first', async () => {
      const { job, gates } = gatedJob();
      gates[2]!.open();
      const { done, pending } = await executor().wait(job, { when: 'any' });
      expect(done.map(future => future.index)).toEqual([2]);
      expect(pending.map(future => future.index)).toEqual([0, 1, 3]);
      for (const gate of gates) gate.open();
      expect(await job).toEqual([0, 1, 2, 3]);
    });

    test('for a percentage ends when that many are done', async () => {
      const { job, gates } = gatedJob();
      gates[0]!.open();
      gates[3]!.open();
      const { done, pending } = await executor().wait(job, { when: 50 });
      expect(done.map(future => future.index)).toEqual([0, 3]);
      expect(pending.length).toBe(2);
      for (const gate of gates) gate.open();
      await executor().wait(job, { when: 100 });
      expect(job.counts.done).toBe(4);
    });

    test('for 0 percent does not wait', async () => {
      const { job, gates } = gatedJob();
      const { pending } = await within(5_000, 'a wait for nothing', executor().wait(job, { when: 0 }));
      expect(pending.length).toBe(4);
      for (const gate of gates) gate.open();
      await job;
    });

    test('gives up at its timeout with WAIT_TIMED_OUT, and the job goes on', async () => {
      const { job, gates } = gatedJob();
      const error = await failureOf(executor().wait(job, { timeout: 100 }));
      expect(error.code).toBe('WAIT_TIMED_OUT');
      expect(error.message).toMatch(/100 ?ms/);
      for (const gate of gates) gate.open();
      expect(await job).toEqual([0, 1, 2, 3]);
    });

    test('ends when its signal is aborted, and the job goes on', async () => {
      const { job, gates } = gatedJob();
      const abort = new AbortController();
      const waiting = executor().wait(job, { signal: abort.signal });
      abort.abort();
      await expect(within(5_000, 'the aborted wait', waiting)).rejects.toThrow();
      for (const gate of gates) gate.open();
      expect(await job).toEqual([0, 1, 2, 3]);
    });

    test('takes several jobs and single futures', async () => {
      const { job, gates } = gatedJob();
      const other = executor().map(double, [1]);
      gates[1]!.open();
      const { done } = await executor().wait([other, job.future(1)]);
      expect(done.length).toBe(2);
      for (const gate of gates) gate.open();
      await job;
    });

    test('counts a failed task as ended, and does not throw for it', async () => {
      const job = executor().map(
        (x: number) => {
          if (x === 1) throw new Error('no');
          return x;
        },
        [0, 1],
      );
      const { done } = await executor().wait(job);
      expect(done.map(future => future.state).sort()).toEqual(['done', 'failed']);
    });

    test.each([-1, 101, Number.NaN])('refuses %s percent', async when => {
      const job = executor().map(double, [1]);
      expect((await failureOfCall(() => executor().wait(job, { when }))).code).toBe('USAGE');
      await job;
    });

    test('for a result gives the values of what was asked for', async () => {
      const job = executor().map(double, [1, 2]);
      expect(await executor().getResult(job)).toEqual([2, 4]);
    });

    test('for a result gives up at its timeout, and the job goes on', async () => {
      const { job, gates, tally } = gatedJob();
      await eventually('the tasks began', () => tally.lines().length > 0);
      expect((await failureOf(executor().getResult(job, { timeout: 50 }))).code).toBe('WAIT_TIMED_OUT');
      for (const gate of gates) gate.open();
      expect(await executor().getResult(job)).toEqual([0, 1, 2, 3]);
    });
  });
}
