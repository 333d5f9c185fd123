import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ended, folder, megalith, ndjson, patienceMs, start, useFolder } from './megalith.js';

useFolder();

describe('megalith run --each', { timeout: patienceMs }, () => {
  it('prints in input order when asked, each task as one piece', async () => {
    const { code, stdout } = await megalith(
      ['run', '--each', '-', '-j', '2', '--keep-order', '--shell', 'i={}; echo "$i"a; sleep 0.$((4 - i)); echo "$i"b'],
      '1\n2\n3\n',
    );
    expect(code).toBe(0);
    expect(stdout).toBe('1a\n1b\n2a\n2b\n3a\n3b\n');
  });

  it('gives an object a task and one at the end under --json, and ends with 1 where some failed', async () => {
    const { code, stdout } = await megalith(
      ['run', '--each', '-', '--keep-order', '--json', '--', 'sh', '-c', 'echo {#}; exit {}'],
      '0\n3\n',
    );
    expect(code).toBe(1);
    const [first, second, summary] = ndjson(stdout);
    expect(first).toMatchObject({
      type: 'task',
      index: 0,
      sequence: 1,
      item: '0',
      state: 'done',
      exitCode: 0,
      stdout: '1\n',
      stderr: '',
    });
    expect(second).toMatchObject({
      type: 'task',
      index: 1,
      item: '3',
      state: 'failed',
      exitCode: 3,
      error: { code: 'EXITED' },
    });
    expect(summary).toMatchObject({
      type: 'summary',
      state: 'failed',
      counts: { total: 2, done: 1, failed: 1, cancelled: 0 },
      exitCode: 1,
    });
  });

  it('writes a joblog', async () => {
    const path = join(folder, 'joblog');
    await megalith(
      ['run', '--each', '-', '-j', '1', '--joblog', path, '--', 'sh', '-c', 'printf 12345; exit {}'],
      '0\n2\n',
    );
    const rows = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map(line => line.split('\t'));
    expect(rows[0]).toEqual([
      'Seq',
      'Host',
      'Starttime',
      'JobRuntime',
      'Send',
      'Receive',
      'Exitval',
      'Signal',
      'Command',
    ]);
    expect(rows.slice(1).map(row => [row[0], row[5], row[6], row[7], row[8]])).toEqual([
      ['1', '5', '0', '0', "sh -c 'printf 12345; exit 0'"],
      ['2', '5', '2', '0', "sh -c 'printf 12345; exit 2'"],
    ]);
  });

  it('runs over the files of a glob', async () => {
    const { stdout } = await megalith(['run', '--each', '*.json', '-k', '--', 'echo', '{.}', '{#}']);
    expect(stdout).toBe('numbers 1\n');
  });

  it('stops after the first failure when told to', async () => {
    const items = Array.from({ length: 50 }, (_, i) => `${i}\n`).join('');
    const { code, stdout } = await megalith(
      ['run', '--each', '-', '-j', '1', '--halt', 'now,fail=1', '--json', '--shell', 'test {} -lt 2'],
      items,
    );
    expect(code).toBe(1);
    expect(ndjson(stdout).at(-1)).toMatchObject({ counts: { done: 2, failed: 1 } });
  });

  it('ends quietly when nobody reads on', async () => {
    const child = start(['run', '--each', '-', '--', 'echo'], 'pipe');
    child.stdin!.on('error', () => undefined);
    child.stdin!.end('line\n'.repeat(200_000));
    child.stdout!.once('data', () => child.stdout!.destroy());
    const { code, stderr } = await ended(child);
    expect(code).toBe(141);
    expect(stderr).toBe('');
  });
});
