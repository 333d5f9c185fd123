import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appear } from './appear.js';

describe("a job's folder", () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'megalith-appear-'));
  });
  afterEach(() => rmSync(home, { recursive: true }));
  const jobs = (): string[] => readdirSync(join(home, 'jobs'));

  it('has its name only once all is in it', () => {
    appear(home, 'job', begun => {
      expect(jobs()).not.toContain('job');
      writeFileSync(join(begun, 'job.json'), '');
    });
    expect(jobs()).toEqual(['job']);
    expect(readdirSync(join(home, 'jobs', 'job'))).toEqual(['job.json']);
  });

  it('leaves nothing where it cannot be filled', () => {
    const fill = (): never => {
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    };
    expect(() => appear(home, 'job', fill)).toThrow(expect.objectContaining({ code: 'DISK_FULL' }));
    expect(jobs()).toEqual([]);
  });

  it('never takes the place of another', () => {
    mkdirSync(join(home, 'jobs', 'job', 'files'), { recursive: true });
    const fill = (begun: string): void => writeFileSync(join(begun, 'job.json'), '');
    expect(() => appear(home, 'job', fill)).toThrow(expect.objectContaining({ code: 'USAGE' }));
    expect(readdirSync(join(home, 'jobs', 'job'))).toEqual(['files']);
    expect(jobs()).toEqual(['job']);
  });
});
