import type { JobOptions } from '@megalith/core';
import { describe, expect, test } from 'vitest';
import { eventually } from './eventually.js';
import { failureOf } from './failure-of.js';
import { executorOf, type Place } from './place.js';
import { gateIn, scratchFolder, tallyIn } from './scratch.js';
import { double } from './tasks/arithmetic.js';
import { passGate } from './tasks/gate.js';
import { rest } from './tasks/load.js';

/** Where a job would go, and why not elsewhere. */
export function planning(place: Place): void {
  describe('a plan', () => {
    const executor = executorOf(place);

    test('names what was chosen and gives a reason, and runs nothing', async () => {
      const jobsBefore = executor().jobs().length;
      const plan = await executor().plan();
      expect(plan.chosen!.cpus).toBeGreaterThan(0);
      expect(plan.chosen!.usableMemoryBytes).toBeGreaterThan(0);
      expect(plan.chosen!.slots).toBeGreaterThan(0);
      expect(plan.candidates).toContainEqual(plan.chosen);
      expect(plan.reason.length).toBeGreaterThan(0);
      expect(executor().jobs().length).toBe(jobsBefore);
    });

    test('is known by the job that follows it', async () => {
      const job = executor().map(double, [1]);
      await job;
      expect(job.plan!.chosen!.backend).toBe((await executor().plan()).chosen!.backend);
    });

    test.runIf(place.capabilities.severalTasksEach)('with more memory a task gives fewer slots', async () => {
      const { chosen } = await executor().plan({ tasks: 4, cpus: 0.01, memory: '1MiB' });
      const half = await executor().plan({ tasks: 4, cpus: 0.01, memory: Math.floor(chosen!.usableMemoryBytes * 0.6) });
      expect(half.chosen!.slots).toBe(place.capabilities.machines);
      expect(chosen!.slots).toBeGreaterThan(place.capabilities.machines);
    });

    test('for more memory than there is rejects the place with the reason, and the job fails before anything runs', async () => {
      const plan = await executor().plan({ memory: '4096TiB' });
      expect(plan.chosen).toBe(undefined);
      expect(plan.candidates.map(({ rejected }) => rejected?.reason)).toContain('OVER_MEMORY');
      const error = await failureOf(executor().map(double, [1], { memory: '4096TiB' }));
      expect(['OVER_MEMORY', 'NO_PLACEMENT']).toContain(error.code);
      expect(error.exitCode).toBe(3);
    });

    test('for more processors than there are does the same', async () => {
      const plan = await executor().plan({ cpus: 100_000 });
      expect(plan.candidates.map(({ rejected }) => rejected?.reason)).toContain('OVER_CPUS');
      const error = await failureOf(executor().map(double, [1], { cpus: 100_000 }));
      expect(['OVER_CPUS', 'NO_PLACEMENT']).toContain(error.code);
    });

    test.each<[JobOptions, string]>([
      [{ memory: 'much' }, '"much"'],
      [{ memory: -1 }, '"-1"'],
      [{ cpus: 0 }, 'cpus'],
      [{ cpus: Number.NaN }, 'cpus'],
      [{ timeout: 'soon' }, '"soon"'],
      [{ retries: -1 }, 'retries'],
    ])('refuses %j and names what is wrong', async (options, named) => {
      const error = await failureOf(executor().map(double, [1], options));
      expect(error.exitCode).toBe(2);
      expect(error.message).toContain(named);
    });

    test('runs only what fits at once', async () => {
      const { chosen } = await executor().plan();
      const options = { cpus: chosen!.cpus };
      const { slots } = (await executor().plan(options)).chosen!;
      const job = executor().map(rest, new Array<number>(3 * slots + 3).fill(20), options);
      await job;
      const spans = [...job].map(({ stats }) => stats!);
      for (const span of spans) {
        const atOnce = spans.filter(each => each.startedAt <= span.startedAt && span.startedAt < each.endedAt);
        expect(atOnce.length).toBeLessThanOrEqual(slots);
        expect(new Set(atOnce.map(({ machine }) => machine)).size).toBe(atOnce.length);
      }
    });

    test.runIf(place.capabilities.sameFiles)('runs as much at once as fits', async () => {
      const { slots } = (await executor().plan()).chosen!;
      const folder = scratchFolder();
      const gate = gateIn(folder);
      const tally = tallyIn(folder);
      const items = Array.from({ length: slots + 1 }, (_, value) => ({ gate: gate.path, tally: tally.path, value }));
      const job = executor().map(passGate, items);
      await eventually('every slot has a task', () => tally.lines().length === slots);
      gate.open();
      expect(await job).toEqual(items.map(({ value }) => value));
    });
  });
}
