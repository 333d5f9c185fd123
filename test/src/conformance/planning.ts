import type { JobOptions, TaskStats } from '@megalith/core';
import { describe, expect, test } from 'vitest';
import { failureOf } from './failure-of.js';
import { executorOf, type Place } from './place.js';
import { double } from './tasks/arithmetic.js';
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

    test('with more memory a task gives fewer slots', async () => {
      const { chosen } = await executor().plan({ tasks: 4, cpus: 0.01, memory: '1MiB' });
      const half = await executor().plan({ tasks: 4, cpus: 0.01, memory: Math.floor(chosen!.usableMemoryBytes * 0.6) });
      expect(half.chosen!.slots).toBe(1);
      expect(chosen!.slots).toBeGreaterThan(1);
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
      const job = executor().map(rest, new Array<number>(6).fill(20), { cpus: chosen!.cpus });
      await job;
      const spans = [...job].map(({ stats }) => stats!).sort((a, b) => a.startedAt - b.startedAt);
      const overlaps = spans.filter((span, i) => i > 0 && span.startedAt < spans[i - 1]!.endedAt);
      expect(overlaps).toEqual([]);
    });

    test('runs as much at once as fits', async () => {
      const { chosen } = await executor().plan();
      if (chosen!.cpus < 2) return;
      const job = executor().map(rest, new Array<number>(8).fill(50));
      await job;
      const spans = [...job].map(({ stats }) => stats!);
      const others = (span: TaskStats) =>
        spans.filter(each => each.startedAt < span.endedAt && span.startedAt < each.endedAt);
      expect(Math.max(...spans.map(span => others(span).length))).toBeGreaterThan(1);
    });
  });
}
