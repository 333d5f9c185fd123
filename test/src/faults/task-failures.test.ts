import type { FunctionOptions, MegalithError } from '@megalith/core';
import { describe, expect, test } from 'vitest';
import { within } from '../conformance/eventually.js';
import { failureOf } from '../conformance/failure-of.js';
import { act, type Deed, rejectOnAbort } from './bad-tasks.js';
import { openLocal } from './open-local.js';
import { markProcesses } from './processes.js';

type Code = MegalithError['code'];

interface Case {
  readonly deed: Deed;
  readonly code: Code;
  /** In the message or in the details. */
  readonly says?: RegExp;
  readonly options?: FunctionOptions;
  /** Where threads differ: what they give instead, or `undefined` where the case is not theirs. */
  readonly threads?: { readonly code: Code; readonly says?: RegExp } | undefined;
}

const limited: FunctionOptions = { memory: '256MiB' };
const hasty: FunctionOptions = { timeout: 1_000, grace: 200 };
/** Aborts only exist for whole processes: in a thread the call throws. */
const notInThreads = { code: 'THREW' } as const;

const cases: readonly Case[] = [
  { deed: 'fillHeap', code: 'OUT_OF_MEMORY', says: /memory/i, options: limited, threads: { code: 'OUT_OF_MEMORY' } },
  { deed: 'fillBuffers', code: 'OUT_OF_MEMORY', says: /256 ?MiB/i, options: limited, threads: undefined },
  { deed: 'fillBuffersAtOnce', code: 'OUT_OF_MEMORY', says: /256 ?MiB/i, options: limited, threads: undefined },
  { deed: 'exit3', code: 'CRASHED', says: /code 3/, threads: { code: 'CRASHED', says: /code 3/ } },
  { deed: 'exit0', code: 'CRASHED', says: /code 0/, threads: { code: 'CRASHED', says: /code 0/ } },
  { deed: 'segfault', code: 'CRASHED', says: /SIGSEGV/, threads: { code: 'CRASHED', says: /SIGSEGV/ } },
  { deed: 'abort', code: 'CRASHED', says: /SIGABRT/, threads: notInThreads },
  { deed: 'loop', code: 'TIMED_OUT', says: /1 ?s|1,?000 ?ms/, options: hasty, threads: { code: 'TIMED_OUT' } },
  { deed: 'neverSettle', code: 'TIMED_OUT', says: /1 ?s|1,?000 ?ms/, options: hasty, threads: { code: 'TIMED_OUT' } },
  { deed: 'ignoreSigterm', code: 'TIMED_OUT', options: hasty, threads: { code: 'TIMED_OUT' } },
  { deed: 'throwText', code: 'THREW', says: /only text/, threads: { code: 'THREW', says: /only text/ } },
  { deed: 'throwUndefined', code: 'THREW', says: /undefined/, threads: { code: 'THREW' } },
  { deed: 'throwNull', code: 'THREW', says: /null/, threads: { code: 'THREW' } },
  { deed: 'throwFrozen', code: 'THREW', says: /frozen error/, threads: { code: 'THREW', says: /frozen error/ } },
  { deed: 'throwTrap', code: 'THREW', says: /trapped error/, threads: { code: 'THREW', says: /trapped error/ } },
  { deed: 'throwMessageTrap', code: 'THREW', threads: { code: 'THREW' } },
  {
    deed: 'throwUnserializable',
    code: 'THREW',
    says: /with a function/,
    threads: { code: 'THREW', says: /with a function/ },
  },
  { deed: 'throwCycle', code: 'THREW', says: /its own cause/, threads: { code: 'THREW', says: /its own cause/ } },
  { deed: 'rejectText', code: 'THREW', says: /only text/, threads: { code: 'THREW', says: /only text/ } },
  { deed: 'returnThrowingThenable', code: 'THREW', says: /thenable/, threads: { code: 'THREW', says: /thenable/ } },
  { deed: 'returnFunction', code: 'NOT_SERIALIZABLE', says: /function/, threads: { code: 'NOT_SERIALIZABLE' } },
  { deed: 'returnSymbol', code: 'NOT_SERIALIZABLE', says: /symbol/, threads: { code: 'NOT_SERIALIZABLE' } },
  { deed: 'returnInstance', code: 'NOT_SERIALIZABLE', says: /Account/, threads: { code: 'NOT_SERIALIZABLE' } },
  { deed: 'returnSocket', code: 'NOT_SERIALIZABLE', says: /Socket/, threads: { code: 'NOT_SERIALIZABLE' } },
  { deed: 'returnProxy', code: 'NOT_SERIALIZABLE', threads: { code: 'NOT_SERIALIZABLE' } },
  { deed: 'returnTrap', code: 'NOT_SERIALIZABLE', says: /trap|value/, threads: { code: 'NOT_SERIALIZABLE' } },
  {
    deed: 'rejectUnseen',
    code: 'CRASHED',
    says: /nobody waits for this/,
    threads: { code: 'CRASHED', says: /nobody waits for this/ },
  },
  { deed: 'disconnectAll', code: 'CRASHED', threads: undefined },
];

describe.each(['process', 'threads'] as const)('a task in the kind of slot %s', isolation => {
  const mine: readonly Case[] = cases.flatMap(({ threads, ...one }): Case[] => {
    if (isolation === 'process') return [one];
    return threads === undefined ? [] : [{ deed: one.deed, ...(one.options && { options: one.options }), ...threads }];
  });

  test.each(mine)(
    'that does $deed ends with $code; its neighbours finish and no process is left',
    async ({ deed, code, says, options }) => {
      const marked = markProcesses();
      const executor = openLocal();
      try {
        const deeds: Deed[] = ['fine', 'fine', deed, 'fine', 'fine'];
        const job = executor.map(act, deeds, { isolation, grace: 500, ...options });
        const counts = await within(60_000, 'the end of the job', job.ended());

        const error = await failureOf(job.future(2));
        expect(error.code, error.message).toBe(code);
        if (says) expect(`${error.message} ${JSON.stringify(error.details)}`).toMatch(says);
        expect(counts).toMatchObject({ total: 5, complete: true, done: 4, failed: 1, cancelled: 0, running: 0 });
        expect(await Promise.all([0, 1, 3, 4].map(index => job.future(index)))).toEqual([
          'fine',
          'fine',
          'fine',
          'fine',
        ]);

        const next = await within(30_000, 'the job after it', executor.map(act, ['fine', 'fine'], { isolation }));
        expect(next).toEqual(['fine', 'fine']);
      } finally {
        await within(20_000, 'close', executor.close());
      }
      await marked.allGone();
    },
  );

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
    const job = executor.map(act, ['fillHeap', 'abort'] satisfies Deed[], limited);
    expect((await failureOf(job.future(0))).code).toBe('OUT_OF_MEMORY');
    expect((await failureOf(job.future(1))).code).toBe('CRASHED');
  });
});

async function untilEmpty(list: () => readonly unknown[]): Promise<void> {
  while (list().length > 0) await new Promise(resolve => setTimeout(resolve, 20));
}
