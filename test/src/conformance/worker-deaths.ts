import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually, within } from './eventually.js';
import { failureOf } from './failure-of.js';
import { executorOf, type Place } from './place.js';
import { gateIn, scratchFolder, tallyIn } from './scratch.js';
import { double } from './tasks/arithmetic.js';
import { runPlan } from './tasks/plan.js';
import { awaitDeath } from './tasks/victim.js';

/** A worker that dies: Lithops loses the task without a word, and its client waits for ever. */
export function workerDeaths(place: Place): void {
  describe.runIf(place.capabilities.sameFiles)('the death of a worker', () => {
    const executor = executorOf(place);

    /** Tasks that wait at a gate, or for their death. */
    function victims(count: number) {
      const folder = scratchFolder();
      const gate = gateIn(folder);
      const tally = tallyIn(folder);
      const deaths = Array.from({ length: count }, (_, value) => join(folder, `death-${value}`));
      const items = deaths.map((death, value) => ({ value, gate: gate.path, death, tally: tally.path }));
      const allRun = () => eventually('all tasks run', () => tally.lines().length === count);
      const kill = (value: number) => writeFileSync(`${deaths[value]}-1`, '');
      return { gate, tally, items, allRun, kill };
    }

    test('in the middle of a task fails that task with the true cause, and no other', async () => {
      const { gate, items, allRun, kill } = victims(3);
      const job = executor().map(awaitDeath, items, { cpus: 0.1 });
      await allRun();
      kill(1);
      const error = await failureOf(job.future(1));
      expect(error.code).toBe('CRASHED');
      expect(`${error.message} ${JSON.stringify(error.details)}`).toContain('SIGKILL');
      gate.open();
      expect([await job.future(0), await job.future(2)]).toEqual([0, 2]);
      expect(await job.ended()).toMatchObject({ total: 3, done: 2, failed: 1 });
    });

    test('in the middle of a task that may be retried runs that task again, once', async () => {
      const { gate, tally, items, allRun, kill } = victims(3);
      const job = executor().map(awaitDeath, items, { cpus: 0.1, retries: { retries: 1, backoff: 1 } });
      await allRun();
      kill(1);
      await eventually('task 1 runs again', () => tally.count('1') === 2);
      gate.open();
      expect(await job).toEqual([0, 1, 2]);
      expect(tally.lines().sort()).toEqual(['0', '1', '1', '2']);
    });

    test('after death on every attempt ends with the failure, counted once', async () => {
      const tally = tallyIn(scratchFolder());
      const items = [{ name: 'dies', attempts: ['kill', 'kill', 'kill'] as const, tally: tally.path }];
      const job = executor().map(runPlan, items, { retries: { retries: 2, backoff: 1 } });
      expect((await failureOf(job)).code).toBe('CRASHED');
      expect(tally.count('dies')).toBe(3);
      expect(await job.ended()).toMatchObject({ total: 1, failed: 1, done: 0 });
    });

    /** Quick tasks travel in batches, and every 80th kills its worker in its first attempt. */
    function batches() {
      const tally = tallyIn(scratchFolder());
      const items = Array.from({ length: 400 }, (_, i) => ({
        name: `${i}`,
        attempts: i % 80 === 40 ? (['kill'] as const) : ([] as const),
        tally: tally.path,
      }));
      return { tally, items };
    }

    test('among quick tasks fails those that did it, and no other', async () => {
      const { items, tally } = batches();
      const job = executor().map(runPlan, items);
      expect(await job.ended()).toMatchObject({ total: 400, done: 395, failed: 5 });
      for (const [index, { attempts }] of items.entries()) {
        const future = job.future(index);
        expect([index, future.state]).toEqual([index, attempts.length > 0 ? 'failed' : 'done']);
      }
      // Which task of a batch did it is found by running those again, alone: each may run twice for that, and no more.
      const runs = new Map<string, number>();
      for (const name of tally.lines()) runs.set(name, (runs.get(name) ?? 0) + 1);
      expect([...runs].filter(([, times]) => times > 2)).toEqual([]);
    });

    test('among quick tasks that may be retried loses none of them', async () => {
      const { items } = batches();
      const job = executor().map(runPlan, items, { retries: { retries: 1, backoff: 1 } });
      expect(await job).toEqual(items.map(({ name }) => name));
      expect(job.future(40).attempts.map(({ failure }) => failure?.code)).toEqual(['CRASHED', undefined]);
    });

    test('before its first task, because the code does not load, fails the job with the cause and not with a hang', async () => {
      Object.assign(globalThis, { megalithConformanceClient: true });
      const { neverLoads } = await import('./tasks/never-loads.js');
      const job = executor().map(neverLoads, [1, 2]);
      const error = await failureOf(job);
      expect(`${error.message} ${error.cause}`).toContain('the licence file is missing');
      await within(
        20_000,
        'the failed job to end',
        job.ended().catch(() => undefined),
      );
      expect(job.state).toBe('failed');
      expect(await executor().map(double, [1])).toEqual([2]);
    });

    test('because the code does not load leaves no slot unusable, however often', async () => {
      Object.assign(globalThis, { megalithConformanceClient: true });
      const { neverLoads } = await import('./tasks/never-loads.js');
      for (let round = 0; round < 5; round++) {
        expect((await failureOf(executor().map(neverLoads, new Array<number>(8).fill(0)))).code).toBe('CANNOT_SHIP');
        const values = await within(20_000, 'the next job', executor().map(double, [1, 2, 3]));
        expect(values).toEqual([2, 4, 6]);
      }
    });
  });
}
