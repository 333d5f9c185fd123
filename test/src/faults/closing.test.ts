import type { FunctionExecutor, Job } from '@megalith/core';
import { describe, expect, test } from 'vitest';
import { eventually, within } from '../conformance/eventually.js';
import { failureOf, failureOfCall } from '../conformance/failure-of.js';
import { gateIn, scratchFolder, tallyIn } from '../conformance/scratch.js';
import { double } from '../conformance/tasks/arithmetic.js';
import { passGate } from '../conformance/tasks/gate.js';
import { hostsOf } from './agents.js';
import { openLocal } from './open-local.js';
import { markProcesses } from './processes.js';

/** `close()` at each moment of a job's life: it comes back, everything is told, and nothing is left. */
describe('closing an executor', () => {
  type Marked = ReturnType<typeof markProcesses>;
  /** In an object, because a job is a promise of its values. */
  type Begun = { readonly job: Job<unknown> };

  /** Each starts work and comes back at its moment; the job then cannot end by itself. */
  const phases: Readonly<Record<string, (executor: FunctionExecutor, marked: Marked) => Promise<Begun>>> = {
    'while the job is prepared': async executor => ({ job: executor.map(double, endlessly()) }),
    'while the host starts': async (executor, marked) => {
      const job = executor.map(double, endlessly());
      await eventually('the host is there', () => hostsOf(marked).length > 0);
      return { job };
    },
    'while tasks run': async executor => {
      const folder = scratchFolder();
      const tally = tallyIn(folder);
      const items = Array.from({ length: 50 }, (_, value) => ({ gate: gateIn(folder).path, tally: tally.path, value }));
      const job = executor.map(passGate, items);
      await eventually('a task runs', () => tally.lines().length > 0);
      return { job };
    },
    'while a lazy input is read': async executor => {
      const job = executor.map(double, endlessly());
      await eventually('results come', () => job.counts.done > 10);
      return { job };
    },
    'while the input waits': async executor => {
      const job = executor.map(double, neverNext());
      await job.future(0);
      return { job };
    },
    'while a retry waits': async executor => {
      const failing = (): number => {
        throw new Error('no');
      };
      const job = executor.map(failing, [1], { retries: { retries: 5, backoff: '1d', maxBackoff: '1d' } });
      await eventually('the task waits', () => job.future(0).state === 'waiting-to-retry');
      return { job };
    },
    'while a command runs': async (executor, marked) => {
      const job = executor.command(['sleep', '{}'], [600, 601]);
      await eventually('the command runs', () => marked.alive().some(({ command }) => command.startsWith('sleep')));
      return { job };
    },
  };

  test.each(Object.entries(phases))('%s ends the job as cancelled and leaves no process', async (_phase, begin) => {
    const marked = markProcesses();
    const executor = openLocal();
    const { job } = await begin(executor, marked);
    await within(20_000, 'close', executor.close());
    expect((await failureOf(job)).code).toBe('CANCELLED');
    expect(job.state).toBe('cancelled');
    await marked.allGone(2_000);
  });

  test('that was never used comes back at once', async () => {
    await within(5_000, 'close', openLocal().close());
  });

  test('twice, and at the same time, is the same as once', async () => {
    const marked = markProcesses();
    const executor = openLocal();
    expect(await executor.map(double, [1])).toEqual([2]);
    await within(20_000, 'both', Promise.all([executor.close(), executor.close()]));
    await within(5_000, 'a third', executor.close());
    await marked.allGone(2_000);
  });

  test('keeps the results that were there', async () => {
    const executor = openLocal();
    const job = executor.map(double, [1, 2]);
    await job;
    await executor.close();
    expect(await job).toEqual([2, 4]);
    expect(await job.future(1)).toBe(4);
  });

  test('happens at the end of an `await using` block', async () => {
    const marked = markProcesses();
    {
      await using executor = openLocal();
      expect(await executor.map(double, [1])).toEqual([2]);
      expect(hostsOf(marked).length).toBe(1);
    }
    await marked.allGone(2_000);
  });

  test('makes every later use an error that says so', async () => {
    const executor = openLocal();
    await executor.close();
    const calls: (() => PromiseLike<unknown>)[] = [
      () => executor.map(double, [1]),
      () => executor.callAsync(double, 1),
      () => executor.run(['true']),
      () => executor.command(['true', '{}'], [1]),
      () => executor.mapReduce(double, [1], (values: readonly number[]) => values.length),
    ];
    for (const call of calls) {
      const error = await failureOfCall(call);
      expect(error.code).toBe('USAGE');
      expect(error.message).toContain('closed');
    }
  });

  test('does not end another executor', async () => {
    await using other = openLocal();
    const executor = openLocal();
    expect(await Promise.all([executor.map(double, [1]), other.map(double, [2])])).toEqual([[2], [4]]);
    await executor.close();
    expect(await other.map(double, [3])).toEqual([6]);
  });
});

function* endlessly(): Generator<number> {
  for (let i = 0; ; i++) yield i;
}

async function* neverNext(): AsyncGenerator<number> {
  yield 1;
  await new Promise(() => undefined);
}
