import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ended, folder, isAlive, patienceMs, start, until, useFolder } from './megalith.js';

useFolder();

describe('the wish to end', { timeout: patienceMs }, () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s cancels the command, and nothing is left', async signal => {
    const pidFile = join(folder, `${signal}.pid`);
    const child = start([
      'run',
      '--',
      'sh',
      '-c',
      `echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; exec sleep 600`,
    ]);
    const over = ended(child);
    await until('the command runs', () => existsSync(pidFile));
    child.kill(signal);
    const { code, stderr } = await over;
    expect(code).toBe(130);
    expect(stderr).toContain('cancelling');
    const pid = Number(readFileSync(pidFile, 'utf8'));
    await until('the command is gone', () => !isAlive(pid));
  });

  it('does not wait for input that may never come', async () => {
    const child = start(['run', '--each', '-', '--', 'echo'], 'pipe');
    const over = ended(child);
    child.stdin!.write('first\n');
    await new Promise(resolve => child.stdout!.once('data', resolve));
    child.kill('SIGINT');
    expect((await over).code).toBe(130);
  });

  it('asked twice, it kills what does not end by itself', async () => {
    const pidFile = join(folder, 'twice.pid');
    const stubborn = `trap '' TERM; echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; while :; do sleep 1; done`;
    const child = start(['run', '--grace', '10m', '--', 'sh', '-c', stubborn]);
    let said = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const over = ended(child);
    await until('the command runs', () => existsSync(pidFile));
    child.kill('SIGINT');
    await until('it says so', () => said.includes('cancelling'));
    child.kill('SIGINT');
    expect((await over).code).toBe(130);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    try {
      await until('the command is gone', () => !isAlive(pid), 20_000);
    } finally {
      if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    }
  });
});
