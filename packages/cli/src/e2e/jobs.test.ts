import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ended, folder, isAlive, megalith, patienceMs, start, until, useFolder } from './megalith.js';

useFolder();

describe('megalith jobs', { timeout: patienceMs }, () => {
  it('lists, shows, prints and removes a job by the start of its id', async () => {
    const { job } = JSON.parse(
      (await megalith(['run', '--json', '--name', 'known', '--', 'sh', '-c', 'echo out; echo err >&2'])).stdout,
    );
    const prefix = job.slice(0, 8);
    const list = await megalith(['jobs', '--json']);
    expect(JSON.parse(list.stdout).jobs).toContainEqual(
      expect.objectContaining({ id: job, name: 'known', state: 'done' }),
    );
    expect((await megalith(['jobs'])).stdout).toMatch(new RegExp(`^${job} +done +1 +0 .* known$`, 'm'));
    expect((await megalith(['jobs', 'show', prefix])).stdout).toContain('1 done, 0 failed');
    expect((await megalith(['jobs', 'logs', prefix, '--stderr'])).stdout).toBe('err\n');
    expect((await megalith(['jobs', 'wait', prefix])).code).toBe(0);
    expect((await megalith(['jobs', 'rm', prefix])).stdout).toBe(`${job}\n`);
    const gone = await megalith(['jobs', 'show', prefix, '--json']);
    expect(gone.code).toBe(1);
    expect(JSON.parse(gone.stdout)).toMatchObject({ error: { code: 'NOT_FOUND' } });
  });

  it('cancels a job of another process', async () => {
    const pidFile = join(folder, 'cancel.pid');
    const run = start([
      'run',
      '--name',
      'long',
      '--',
      'sh',
      '-c',
      `echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; exec sleep 600`,
    ]);
    const over = ended(run);
    await until('the command runs', () => existsSync(pidFile));
    const { jobs } = JSON.parse((await megalith(['jobs', '--json'])).stdout);
    const { id } = jobs.find((one: { name: string }) => one.name === 'long');
    const cancelled = await megalith(['jobs', 'cancel', id]);
    expect(cancelled.stdout).toBe(`${id} cancelled\n`);
    expect((await over).code).toBe(130);
    expect(isAlive(Number(readFileSync(pidFile, 'utf8')))).toBe(false);
  });
});
