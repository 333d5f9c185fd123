import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder, megalith, ndjson, patienceMs, useFolder } from './megalith.js';

useFolder();

describe('megalith map', { timeout: patienceMs }, () => {
  it('gives results in input order, as lines or as an array', async () => {
    expect((await megalith(['map', './work.ts#square', '--data', 'numbers.json'])).stdout).toBe('1\n4\n9\n16\n');
    expect((await megalith(['map', 'work.ts#square', '--data', '-', '--output', 'squares.json'], '5\n6\n')).code).toBe(
      0,
    );
    expect(JSON.parse(readFileSync(join(folder, 'squares.json'), 'utf8'))).toEqual([25, 36]);
  });

  it('reduces', async () => {
    expect((await megalith(['map', './work.ts#square', '--data', 'numbers.json', '--reduce', 'total'])).stdout).toBe(
      '30\n',
    );
  });

  it('shares a file with all tasks', async () => {
    const { stdout } = await megalith([
      'map',
      './work.ts#at',
      '--data',
      'numbers.json',
      '--shared',
      'table=table.f64:Float64Array',
    ]);
    expect(stdout).toBe('1.5\n2.5\n3.5\n4.5\n');
  });

  it('gives what went well, names what failed, and ends with 1', async () => {
    const { code, stdout, stderr } = await megalith(['map', './work.ts#unlucky', '--data', 'numbers.json', '--quiet']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '1\n2\n4\n' });
    expect(stderr).toContain('RangeError: no threes');
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('tells each task under --json', async () => {
    const { stdout } = await megalith(['map', './work.ts#unlucky', '--data', '-', '--json'], '1\n3\n');
    const [first, second, summary] = ndjson(stdout);
    expect(first).toMatchObject({ type: 'result', index: 0, state: 'done', value: 1 });
    expect(second).toMatchObject({ type: 'result', index: 1, state: 'failed', error: { code: 'THREW' } });
    expect(summary).toMatchObject({ type: 'summary', counts: { total: 2, done: 1, failed: 1 }, exitCode: 1 });
  });

  it('names file and line of data that cannot be read', async () => {
    writeFileSync(join(folder, 'bad.ndjson'), '1\n{oops\n');
    const { code, stderr } = await megalith(['map', './work.ts#square', '--data', 'bad.ndjson']);
    expect(code).toBe(2);
    expect(stderr).toContain('"bad.ndjson", line 2');
  });
});
