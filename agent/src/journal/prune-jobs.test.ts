import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MegalithError } from '../errors.js';
import { identityOf } from '../process/process-identity.js';
import type { JobSpec } from '../protocol/messages.js';
import { jobsFolder } from './home.js';
import { JobJournal } from './job-journal.js';
import { jobsToRemove, pruneJobs } from './prune-jobs.js';

const job = fc.record({ isOver: fc.boolean(), lastActiveAt: fc.nat(1000) });
const jobs = fc.array(job, { maxLength: 40 }).map(list => list.map((each, index) => ({ ...each, id: `j${index}` })));

describe('what retention removes', () => {
  it('never is a running job, always is the oldest part of the others, and leaves no more than it keeps', () => {
    fc.assert(
      fc.property(jobs, fc.nat(20), fc.nat(1000), fc.nat(2000), (all, maxJobs, maxAgeMs, now) => {
        const removed = new Set(jobsToRemove(all, { maxJobs, maxAgeMs }, now));
        const gone = all.filter(each => removed.has(each.id));
        const kept = all.filter(each => each.isOver && !removed.has(each.id));
        expect(gone.every(each => each.isOver)).toBe(true);
        expect(kept.length).toBeLessThanOrEqual(maxJobs);
        expect(kept.every(each => now - each.lastActiveAt <= maxAgeMs)).toBe(true);
        const oldestKept = Math.min(...kept.map(each => each.lastActiveAt));
        expect(gone.every(each => each.lastActiveAt <= oldestKept)).toBe(true);
      }),
    );
  });

  it('is nothing that is neither too old nor too many', () => {
    fc.assert(
      fc.property(jobs, all => {
        expect(jobsToRemove(all, { maxJobs: all.length, maxAgeMs: 1000 }, 1000)).toEqual([]);
      }),
    );
  });
});

describe('pruning', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'megalith-home-'));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const me = identityOf(process.pid)!;
  const dead = { pid: me.pid, startTicks: -1 };
  const day = 24 * 3600 * 1000;
  const now = Date.now();

  async function makeJob(id: string, ageMs: number, end: 'ended' | 'lost' | 'running'): Promise<void> {
    const spec: JobSpec = {
      job: 1,
      id,
      name: id,
      work: { kind: 'command', argv: ['true'], stdin: 'ignore' },
      requirements: { cpus: 1, graceMs: 0 },
      env: {},
      cwd: '/',
      tags: [],
    };
    const journal = JobJournal.open(home, spec, {
      host: end === 'lost' ? dead : me,
      onError: (error: MegalithError) => expect.unreachable(error.message),
      now: () => now - ageMs,
    });
    if (end === 'ended') await journal.ended();
    else await journal.flush();
    const at = (now - ageMs) / 1000;
    utimesSync(join(journal.dir, 'journal'), at, at);
  }

  it('removes ended and lost jobs past their time, and no running one', async () => {
    await makeJob('old', 8 * day, 'ended');
    await makeJob('older-lost', 9 * day, 'lost');
    await makeJob('ancient-running', 30 * day, 'running');
    await makeJob('young', 6 * day, 'ended');
    expect(await pruneJobs(home, { now })).toEqual(['older-lost', 'old']);
    expect(readdirSync(jobsFolder(home)).sort()).toEqual(['ancient-running', 'young']);
  });

  it('removes each job once where two prune at the same time', async () => {
    for (let count = 0; count < 20; count++) await makeJob(`job-${count}`, 1000 * count, 'ended');
    const removed = await Promise.all([pruneJobs(home, { maxJobs: 5, now }), pruneJobs(home, { maxJobs: 5, now })]);
    expect(removed.flat().sort()).toEqual(Array.from({ length: 15 }, (_, count) => `job-${count + 5}`).sort());
    expect(readdirSync(jobsFolder(home)).length).toBe(5);
  });

  it('clears away what killed processes left behind, and not what one is making now', async () => {
    const make = (name: string): string => {
      const folder = join(jobsFolder(home), name);
      mkdirSync(folder, { recursive: true });
      return folder;
    };
    for (const name of ['.begun-job-1-abcd', 'never-described', '.removed-job-1-abcd']) utimesSync(make(name), 0, 0);
    for (const name of ['.begun-job-2-abcd', 'being-made']) make(name);
    expect(await pruneJobs(home, { now })).toEqual([]);
    expect(readdirSync(jobsFolder(home)).sort()).toEqual(['.begun-job-2-abcd', 'being-made']);
  });

  it('finds nothing to do in a home that does not exist', async () => {
    expect(await pruneJobs(join(home, 'none'))).toEqual([]);
  });
});
