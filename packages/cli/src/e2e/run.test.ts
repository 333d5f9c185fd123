import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder, megalith, patienceMs, useFolder } from './megalith.js';

useFolder();

describe('megalith run', { timeout: patienceMs }, () => {
  it('ends as its command ends, and adds nothing to what it wrote', async () => {
    const { code, stdout, stderr } = await megalith(['run', '--', 'sh', '-c', 'echo out; echo err >&2; exit 42']);
    expect({ code, stdout, stderr }).toEqual({ code: 42, stdout: 'out\n', stderr: 'err\n' });
  });

  it('ends with 128 + n where signal n ended the command', async () => {
    expect((await megalith(['run', '--', 'sh', '-c', 'kill -KILL $$'])).code).toBe(137);
  });

  it('ends with 7 where the command took too long, and says so', async () => {
    const { code, stderr } = await megalith(['run', '--time', '200ms', '--', 'sleep', '600']);
    expect(code).toBe(7);
    expect(stderr).toContain('code: TIMED_OUT');
  });

  it('ends with 127 and a reason where there is no such program', async () => {
    const { code, stderr } = await megalith(['run', '--', 'megalith-no-such-program']);
    expect(code).toBe(127);
    expect(stderr).toContain("'megalith-no-such-program'");
  });

  it('passes bytes through as they are, in and out', async () => {
    const bytes = randomBytes(3_000_000);
    const { code, bytes: given } = await megalith(['run', '--', 'cat'], bytes);
    expect(code).toBe(0);
    expect(given.equals(bytes)).toBe(true);
  });

  it('keeps the words of the command in their order, also those that occur among the flags', async () => {
    const { stdout } = await megalith([
      'run',
      '--name',
      'b',
      '--tag',
      'a',
      '--',
      'echo',
      'a',
      'b',
      '--name',
      'a',
      '--json',
      '-h',
    ]);
    expect(stdout).toBe('a b --name a --json -h\n');
  });

  it('runs a shell line', async () => {
    expect((await megalith(['run', '--shell', 'echo abc | tr b x'])).stdout).toBe('axc\n');
  });

  it('gives one object under --json', async () => {
    const { code, stdout } = await megalith(['run', '--json', '--', 'sh', '-c', 'echo hi; exit 3']);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      job: expect.any(String),
      command: "sh -c 'echo hi; exit 3'",
      state: 'failed',
      exitCode: 3,
      stdout: 'hi\n',
      runtimeMs: expect.any(Number),
      error: { code: 'EXITED', message: expect.any(String) },
    });
  });

  it('shows the plan of a dry run, and runs nothing', async () => {
    const marker = join(folder, 'dry');
    const { code, stdout } = await megalith(['run', '--dry-run', '--json', '--', 'touch', marker]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      chosen: { backend: 'local', cpus: expect.any(Number) },
      candidates: [{}],
    });
    expect(existsSync(marker)).toBe(false);
  });

  it.each([
    ['an unknown flag', ['run', '--nope', '--', 'true'], 'USAGE'],
    ['no command', ['run'], 'USAGE'],
    ['a wrong size', ['run', '--memory', 'much', '--', 'true'], 'USAGE'],
    ['a file that is not there', ['run', '--each', 'missing.txt', '--', 'echo'], 'USAGE'],
    ['a data file that is not there', ['map', './work.ts#square', '--data', 'missing.json'], 'USAGE'],
    ['an export that is not there', ['map', './work.ts#nothing', '--data', 'numbers.json'], 'CANNOT_SHIP'],
    ['an unknown command', ['rnu'], 'USAGE'],
  ])('ends with 2 for %s, with words and under --json with an object', async (_, args, errorCode) => {
    const [name, ...rest] = args;
    const [plain, json] = await Promise.all([megalith(args), megalith([name!, '--json', ...rest])]);
    expect([plain.code, json.code]).toEqual([2, 2]);
    expect(plain.stderr).toMatch(/^error: .*\nhint: /m);
    expect(plain.stderr).not.toMatch(/^ +at /m);
    expect(plain.stdout).toBe('');
    expect(JSON.parse(json.stdout)).toMatchObject({
      error: { code: errorCode, message: expect.any(String), hint: expect.any(String) },
    });
  });

  it('ends with 3 where no place is large enough', async () => {
    expect((await megalith(['run', '--memory', '4096TiB', '--', 'true'])).code).toBe(3);
  });

  it('uses a preference, unless a flag says otherwise', async () => {
    expect((await megalith(['config', 'set', 'time', '200ms'])).code).toBe(0);
    try {
      const sleep = ['--', 'sh', '-c', 'sleep 0.6; echo awake'];
      expect((await megalith(['run', ...sleep])).code).toBe(7);
      expect((await megalith(['run', '--time', '60s', ...sleep])).stdout).toBe('awake\n');
    } finally {
      await megalith(['config', 'unset', 'time']);
    }
  });
});
