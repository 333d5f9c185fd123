import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { LogFile } from './log-file.js';

function newLog(maxBytes: number): { path: string; log: LogFile } {
  const folder = mkdtempSync(join(tmpdir(), 'megalith-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'cloud', 'dismantle.log');
  return { path, log: new LogFile(path, maxBytes) };
}

it('keeps the order of lines, and each on one line', async () => {
  const { path, log } = newLog(1000);
  await Promise.all([log.write('a\nb', 0), log.write('c', 1)]);
  expect(readFileSync(path, 'utf8')).toBe('1970-01-01T00:00:00.000Z a b\n1970-01-01T00:00:00.001Z c\n');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('never outgrows its bounds, and keeps the latest lines', async () => {
  const { path, log } = newLog(300);
  for (let index = 0; index < 100; index++) await log.write(`line ${index}`, 0);
  expect(statSync(path).size).toBeLessThanOrEqual(300);
  expect(statSync(`${path}.1`).size).toBeLessThanOrEqual(300);
  expect(readFileSync(path, 'utf8')).toContain('line 99');
});

it('writes the next line after one that failed', async () => {
  const { path, log } = newLog(300);
  rmSync(join(path, '..', '..'), { recursive: true });
  await log.write('a', 0);
  const blocked = new LogFile(join(path, 'no folder'));
  await expect(blocked.write('b', 0)).rejects.toMatchObject({ code: expect.stringMatching(/ENOTDIR|EEXIST/) });
  await log.write('c', 0);
  expect(readFileSync(path, 'utf8')).toMatch(/ a\n.* c\n$/);
});
