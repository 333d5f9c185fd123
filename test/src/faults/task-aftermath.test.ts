import { describe, expect, test } from 'vitest';
import { within } from '../conformance/eventually.js';
import { failureOf } from '../conformance/failure-of.js';
import { act, type Deed, rejectOnAbort } from './bad-tasks.js';
import { openLocal } from './open-local.js';
import { markProcesses } from './processes.js';

describe.each(['process', 'threads'] as const)('a task in the kind of slot %s', isolation => {
  test.each<{ deed: Deed; value: string }>([
    { deed: 'print50MB', value: 'printed' },
    { deed: 'print50MBAtOnce', value: 'printed' },
    { deed: 'endStdout', value: 'ended' },
    ...(isolation === 'process' ? [{ deed: 'closeStdout' as const, value: 'closed' }] : []),
    { deed: 'rejectLater', value: 'returned' },
    { deed: 'throwLater', value: 'returned' },
    { deed: 'leaveTimer', value: 'returned' },
    { deed: 'leaveServer', value: 'returned' },
    { deed: 'leaveChild', value: 'returned' },
    { deed: 'leaveChildWithOutput', value: 'returned' },
  ])(
    'that does $deed still gives its value, once; what follows is not harmed and no process is left',
    async ({ deed, value }) => {
      const marked = markProcesses();
      const executor = openLocal();
      try {
        const job = executor.map(act, [deed, 'fine', 'fine'] satisfies Deed[], { isolation, retries: 0 });
        const seen: unknown[] = [];
        await within(
          60_000,
          'the end of the job',
          (async () => {
            for await (const outcome of job.outcomes())
              seen.push(outcome.status === 'done' ? outcome.value : outcome.error.message);
          })(),
        );
        expect(seen.sort()).toEqual(['fine', 'fine', value].sort());

        const later = await within(
          30_000,
          'the job after it',
          executor.map(act, new Array<Deed>(8).fill('fine'), { isolation }),
        );
        expect(later).toEqual(new Array(8).fill('fine'));
      } finally {
        await within(20_000, 'close', executor.close());
      }
      await marked.allGone();
    },
  );

  test('that rejects after it was told to end is TIMED_OUT, not THREW', async () => {
    await using executor = openLocal();
    const error = await failureOf(
      executor.callAsync(rejectOnAbort, undefined, { isolation, timeout: 300, grace: '10s' }),
    );
    expect(error.code).toBe('TIMED_OUT');
  });

  test('that rejects after it was cancelled is CANCELLED, not THREW', async () => {
    await using executor = openLocal();
    const future = executor.callAsync(rejectOnAbort, undefined, {
      isolation,
      grace: '10s',
      onEvent: event => event.type === 'started' && future.cancel('enough'),
    });
    expect((await failureOf(future)).code).toBe('CANCELLED');
  });
});

describe('a task in a process', () => {
  test('that leaves a child behind and dies takes the child along, while the executor lives on', async () => {
    const marked = markProcesses();
    await using executor = openLocal();
    expect((await failureOf(executor.callAsync(act, 'leaveChildAndDie'))).code).toBe('CRASHED');
    const sleeping = () => marked.alive().filter(({ command }) => command.startsWith('sleep'));
    await within(15_000, 'the child of the dead task to end', untilEmpty(sleeping));
    expect(await executor.callAsync(act, 'fine')).toBe('fine');
  });

  test('that changes its folder does not move the task after it', async () => {
    await using executor = openLocal();
    await executor.map(act, new Array<Deed>(8).fill('changeFolder'));
    const folders = await executor.map(() => process.cwd(), new Array(8).fill(0));
    expect(new Set(folders)).toEqual(new Set([process.cwd()]));
  });

  test('that runs out of memory is not called a crash, nor the other way round, side by side', async () => {
    await using executor = openLocal();
    const job = executor.map(act, ['fillHeap', 'abort'] satisfies Deed[], { memory: '256MiB' });
    expect((await failureOf(job.future(0))).code).toBe('OUT_OF_MEMORY');
    expect((await failureOf(job.future(1))).code).toBe('CRASHED');
  });
});

async function untilEmpty(list: () => readonly unknown[]): Promise<void> {
  while (list().length > 0) await new Promise(resolve => setTimeout(resolve, 20));
}
