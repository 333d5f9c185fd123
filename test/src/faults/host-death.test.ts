import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually, within } from '../conformance/eventually.js';
import { failureOf } from '../conformance/failure-of.js';
import { gateIn, scratchFolder, tallyIn } from '../conformance/scratch.js';
import { double } from '../conformance/tasks/arithmetic.js';
import { passGate } from '../conformance/tasks/gate.js';
import { hostsOf, slotsOf, theHost } from './agents.js';
import { openLocal } from './open-local.js';
import { markProcesses } from './processes.js';

describe('a job host', () => {
  function gatedWork() {
    const folder = scratchFolder();
    const gate = gateIn(folder);
    const tally = tallyIn(folder);
    const items = [0, 1].map(value => ({ gate: gate.path, tally: tally.path, value }));
    return { gate, tally, items };
  }

  test.each([
    { how: 'is killed', signal: 'SIGKILL' },
    { how: 'crashes', signal: 'SIGSEGV' },
  ] as const)(
    'that $how fails the running tasks with AGENT_LOST, its slots and commands end, and the executor works on',
    async ({ signal }) => {
      const marked = markProcesses();
      const { tally, items } = gatedWork();
      const executor = openLocal();
      try {
        const job = executor.map(passGate, items, { cpus: 0.1 });
        const command = executor.run(['sleep', '600'], { cpus: 0.1 });
        await eventually(
          'the tasks run',
          () => tally.lines().length === 2 && marked.alive().some(one => one.command.startsWith('sleep')),
        );
        const host = await theHost(marked);
        const old = marked.alive().map(({ pid }) => pid);
        process.kill(host.pid, signal);

        for (const future of [job.future(0), job.future(1), command])
          expect((await failureOf(future)).code).toBe('AGENT_LOST');
        await eventually(
          'the old processes are gone',
          () => !marked.alive().some(({ pid }) => old.includes(pid)),
          15_000,
        );
        expect(await within(30_000, 'the next map', executor.map(double, [1, 2]))).toEqual([2, 4]);
      } finally {
        await within(20_000, 'close', executor.close());
      }
      await marked.allGone();
    },
  );

  test('that is killed is replaced where the tasks may be retried, and each result comes once', async () => {
    const marked = markProcesses();
    const { gate, tally, items } = gatedWork();
    await using executor = openLocal();
    const job = executor.map(passGate, items, { cpus: 0.1, retries: { retries: 1, backoff: 1 } });
    await eventually('the tasks run', () => tally.lines().length === 2);
    process.kill((await theHost(marked)).pid, 'SIGKILL');
    await eventually('the tasks run again', () => tally.lines().length === 4);
    gate.open();
    const seen: unknown[] = [];
    for await (const value of job) seen.push(value);
    expect(seen.sort()).toEqual([0, 1]);
    expect(await job.ended()).toMatchObject({ total: 2, done: 2, failed: 0 });
    expect(hostsOf(marked).length).toBe(1);
  });

  test('whose idle slots are killed gives the next tasks to new ones', async () => {
    const marked = markProcesses();
    await using executor = openLocal();
    expect(await executor.map(double, [1, 2, 3, 4])).toEqual([2, 4, 6, 8]);
    const old = slotsOf(marked);
    expect(old.length).toBeGreaterThan(0);
    for (const { pid } of old) process.kill(pid, 'SIGKILL');
    expect(await within(30_000, 'the next map', executor.map(double, [5, 6, 7, 8]))).toEqual([10, 12, 14, 16]);
  });

  test('whose idle threads are killed gives the next tasks to new ones', async () => {
    const marked = markProcesses();
    await using executor = openLocal();
    expect(await executor.map(double, [1, 2], { isolation: 'threads' })).toEqual([2, 4]);
    for (const { pid } of slotsOf(marked)) process.kill(pid, 'SIGKILL');
    expect(await within(30_000, 'the next map', executor.map(double, [5], { isolation: 'threads' }))).toEqual([10]);
  });

  test('that is stopped for a while loses nothing', async () => {
    const marked = markProcesses();
    await using executor = openLocal();
    expect(await executor.map(double, [1])).toEqual([2]);
    const { pid } = await theHost(marked);
    process.kill(pid, 'SIGSTOP');
    const job = executor.map(double, [1, 2, 3]);
    await eventually('the job is on its way', () => job.state === 'running');
    process.kill(pid, 'SIGCONT');
    expect(await within(30_000, 'the map', job)).toEqual([2, 4, 6]);
  });

  test('that cannot start fails the job with the reason and not with a hang', async () => {
    const marked = markProcesses();
    const executor = openLocal();
    const before = process.execPath;
    process.execPath = '/no/such/node';
    try {
      const error = await failureOf(executor.map(double, [1]));
      expect(['AGENT_LOST', 'CONFIG']).toContain(error.code);
      expect(error.message).toContain('/no/such/node');
    } finally {
      process.execPath = before;
      await within(20_000, 'close', executor.close());
    }
    await marked.allGone();
  });

  test.each(['process', 'threads'] as const)(
    'whose slots of the kind %s cannot start fails the job with what they said and not with a hang',
    async isolation => {
      const preload = join(scratchFolder(), 'preload.cjs');
      writeFileSync(
        preload,
        `if (['slot', 'threads'].includes(process.argv[2])) { console.error('libnuma is missing'); process.exit(7); }`,
      );
      const marked = markProcesses();
      const before = process.env.NODE_OPTIONS;
      process.env.NODE_OPTIONS = `--require ${preload}`;
      const executor = openLocal();
      try {
        const error = await failureOf(executor.map(double, [1, 2], { isolation }), 20_000);
        expect(`${error.message} ${JSON.stringify(error.details)}`).toContain('libnuma is missing');
      } finally {
        if (before === undefined) delete process.env.NODE_OPTIONS;
        else process.env.NODE_OPTIONS = before;
        await within(20_000, 'close', executor.close());
      }
      await marked.allGone();
    },
  );
});
