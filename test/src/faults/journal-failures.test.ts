import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FunctionExecutor, isMegalithError } from '@megalith/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { within } from '../conformance/eventually.js';
import { failureOf } from '../conformance/failure-of.js';
import { scratchFolder } from '../conformance/scratch.js';
import { double } from '../conformance/tasks/arithmetic.js';
import { startScript } from '../e2e/start-script.js';
import { checkout } from '../e2e/user-folder.js';
import { markProcesses } from './processes.js';

const isRoot = process.getuid?.() === 0;

/** Accepted means journalled: a job that cannot be written down is refused or ended, with the name of the place. */
describe('a home folder', () => {
  const open = (home: string) => new FunctionExecutor({ backend: 'local', home });

  test('that cannot be made, because a file is in its way, fails the job with the path', async () => {
    const marked = markProcesses();
    const file = join(scratchFolder(), 'file');
    writeFileSync(file, '');
    const executor = open(join(file, 'home'));
    try {
      const error = await failureOf(executor.map(double, [1]));
      expect(error.message).toContain(file);
      expect(error.hint).toContain('MEGALITH_HOME');
    } finally {
      await within(20_000, 'close', executor.close());
    }
    await marked.allGone();
  });

  test.skipIf(isRoot)('that may not be written to fails the job with the path (root may write anywhere)', async () => {
    const home = scratchFolder();
    chmodSync(home, 0o500);
    await using executor = open(home);
    expect((await failureOf(executor.map(double, [1]))).message).toContain(home);
  });

  test('that is made by the first job is closed to other users', async () => {
    const home = join(scratchFolder(), 'deep', 'home');
    await using executor = open(home);
    expect(await executor.map(double, [1])).toEqual([2]);
    expect(statSync(join(home, 'jobs')).mode & 0o077).toBe(0);
  });

  test('that vanishes while the executor lives is made anew or named in an error', async () => {
    const home = join(scratchFolder(), 'home');
    await using executor = open(home);
    expect(await executor.map(double, [1])).toEqual([2]);
    // The executor may still write there.
    await rm(home, { recursive: true, maxRetries: 20 });
    const next = await within(
      30_000,
      'the next map',
      executor.map(double, [2]).catch((error: unknown) => error),
    );
    if (isMegalithError(next)) expect(next.message).toContain(home);
    else expect(next).toEqual([4]);
  });

  test.runIf(isRoot)(
    'on a disk that fills up ends the job with the path, the executor and its slots live or end in order (needs root to mount)',
    async () => {
      const marked = markProcesses();
      const home = smallDisk('1m');
      const executor = open(home);
      try {
        const shouting = executor.map(() => {
          for (let i = 0; i < 8_000; i++) console.log('x'.repeat(999));
          return 'shouted';
        }, [1]);
        const error = await failureOf(shouting);
        expect(error.message).toContain(home);
        expect(`${error.message} ${error.hint}`).toMatch(/space/);
      } finally {
        await within(20_000, 'close', executor.close());
      }
      await marked.allGone();
    },
  );

  test.runIf(isRoot)('on a disk that is full refuses the job before it runs (needs root to mount)', async () => {
    const home = smallDisk('64k');
    mkdirSync(join(home, 'jobs'));
    try {
      writeFileSync(join(home, 'filler'), new Uint8Array(256 * 1024));
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
    }
    await using executor = open(home);
    const error = await failureOf(executor.map(double, [1]));
    expect(`${error.message} ${error.hint}`).toMatch(/space/);
    expect(error.message).toContain(home);
  });

  test('with a journal that cannot be read is still listed, and the broken job is named', async () => {
    const home = scratchFolder();
    await using executor = open(home);
    const [whole, broken] = [
      executor.map(double, [1], { name: 'whole' }),
      executor.map(double, [2], { name: 'broken' }),
    ];
    await Promise.all([whole, broken]);
    await executor.close();
    writeFileSync(join(home, 'jobs', broken.id, 'journal'), Buffer.from('this is no journal'));
    writeFileSync(join(home, 'jobs', broken.id, 'job.json'), '{ cut off');

    const cli = (...args: string[]) =>
      startScript(home, join(checkout, 'packages/cli/bin/run.cjs'), { args, env: { MEGALITH_HOME: home } }).end();
    const list = await cli('jobs');
    expect(list.exitCode).toBe(0);
    expect(list.stdout).toContain(whole.id);
    const show = await cli('jobs', 'show', broken.id);
    expect(show.exitCode).not.toBe(0);
    expect(show.stderr).toContain(broken.id);
    expect(show.stderr).not.toMatch(/\n\s+at /);
  });
});

/** A file system of that size, in memory, which is unmounted after the test. */
function smallDisk(size: string): string {
  const folder = join(scratchFolder(), 'disk');
  mkdirSync(folder);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'megalith-test', folder]);
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', folder]);
  });
  return folder;
}
