import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FunctionExecutor, Isolation } from '@megalith/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { within } from '../conformance/eventually.js';
import { failureOf } from '../conformance/failure-of.js';
import { act, type Deed } from './bad-tasks.js';
import { type FailingDeed, failingDeeds, isGentle } from './failing-deeds.js';
import { openLocal } from './open-local.js';
import { markProcesses } from './processes.js';

describe.each(['process', 'threads'] as const)('a task in the kind of slot %s', isolation => {
  const deeds = failingDeeds(isolation);

  test.each(deeds.filter(deed => !isGentle(deed)))(
    'that does $deed ends with $code; its neighbours finish and no process is left',
    async one => {
      const marked = markProcesses();
      const executor = openLocal();
      try {
        await provoke(executor, isolation, one);
      } finally {
        await within(20_000, 'close', executor.close());
      }
      await marked.allGone();
    },
  );

  describe('that leaves its worker alive', () => {
    let executor: FunctionExecutor;
    let home: string;
    beforeAll(() => {
      home = mkdtempSync(join(tmpdir(), 'megalith-test-'));
      executor = openLocal(home);
    });
    afterAll(async () => {
      await executor.close();
      rmSync(home, { recursive: true, force: true });
    });

    test.each(deeds.filter(isGentle))('and does $deed ends with $code; its neighbours finish', async one => {
      await provoke(executor, isolation, one);
    });
  });
});

/** Does the deed among neighbours, and sees what became of it, of them, and of the job after it. */
async function provoke(
  executor: FunctionExecutor,
  isolation: Isolation,
  { deed, code, says, options }: FailingDeed,
): Promise<void> {
  const deeds: Deed[] = ['fine', 'fine', deed, 'fine', 'fine'];
  const job = executor.map(act, deeds, { isolation, grace: 500, ...options });
  const counts = await within(60_000, 'the end of the job', job.ended());

  const error = await failureOf(job.future(2));
  expect(error.code, error.message).toBe(code);
  if (says) expect(`${error.message} ${JSON.stringify(error.details)}`).toMatch(says);
  expect(counts).toMatchObject({ total: 5, complete: true, done: 4, failed: 1, cancelled: 0, running: 0 });
  const neighbours = await Promise.all([0, 1, 3, 4].map(index => job.future(index)));
  expect(neighbours).toEqual(['fine', 'fine', 'fine', 'fine']);

  const next = await within(30_000, 'the job after it', executor.map(act, ['fine', 'fine'], { isolation }));
  expect(next).toEqual(['fine', 'fine']);
}
