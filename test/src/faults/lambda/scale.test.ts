import { FunctionExecutor } from '@megalith/core';
import { expect, onTestFinished, test } from 'vitest';
import { within } from '../../conformance/eventually.js';
import { lambdaHere } from './lambda-here.js';
import { thinTasks } from './thin-tasks.js';

test('a thousand tasks run at once, from one client', async () => {
  const count = 1000;
  const atOnce = thinTasks(0);
  let running = 0;
  let open = (): void => undefined;
  const allRun = new Promise<void>(resolve => {
    open = resolve;
  });
  const here = await lambdaHere({
    section: { memory: ['1769MiB'] },
    thin: async (payload, context) => {
      running += 1;
      if (running === count) open();
      await allRun;
      return atOnce(payload, context);
    },
  });
  onTestFinished(() => here.close());
  await using executor = new FunctionExecutor({ backend: 'lambda', home: here.home });
  const items = [...Array(count).keys()];
  const job = executor.map((item: number) => item, items, { expected: '1s' });
  expect(await within(50_000, 'the end of all', job)).toEqual(items);
  expect(running).toBe(count);
});
