import { describe, expect, it } from 'vitest';
import type { Candidate } from '../backends/backend.js';
import { unknownProfile } from './job-profile.js';
import { plan } from './plan.js';
import type { PlannedJob } from './planned-job.js';
import { defaultPolicy } from './policy.js';
import { functionCandidate, hereCandidate, hostCandidate, newCandidate, plannedJob } from './testing/candidates.js';
import { randomCandidate } from './testing/random-jobs.js';
import { seeded } from './testing/seeded.js';

const planFor = (candidates: readonly Candidate[], job: Partial<PlannedJob> = {}) =>
  plan(plannedJob(job), candidates, defaultPolicy);
const reasons = (candidates: readonly Candidate[], job: Partial<PlannedJob> = {}) =>
  Object.fromEntries(planFor(candidates, job).candidates.map(({ id, rejected }) => [id, rejected?.reason]));
const explained = (candidates: readonly Candidate[], job: Partial<PlannedJob> = {}) =>
  Object.fromEntries(planFor(candidates, job).candidates.map(({ id, rejected }) => [id, rejected?.explanation]));

const here = hereCandidate();
const host = hostCandidate();
const fresh = newCandidate();
const small = functionCandidate(512);
const large = functionCandidate(1769);
const hour = { p50: 3_600_000, p90: 3_600_000 };

describe('what money decides', () => {
  it('is the cheapest place, with every figure told', () => {
    const far = newCandidate({ id: 'new', usdPerHour: 2 });
    const { chosen, candidates, reason } = planFor([fresh, far, large]);
    expect(chosen?.id).toBe('lambda us-east-1 1769MiB');
    expect(candidates[0]).toBe(chosen);
    expect(reason).toBe(
      'lambda us-east-1 1769MiB: $0.0014 in about 1m0.5s; the cheapest of 3 that can take it'.replace('1m0.5s', '1m1s'),
    );
    expect(candidates.map(({ id, rejected }) => [id, rejected?.explanation])).toEqual([
      [large.id, undefined],
      [fresh.id, 'costs $0.05, $0.049 more than lambda us-east-1 1769MiB'],
      ['new', 'costs $0.10, $0.099 more than lambda us-east-1 1769MiB'],
    ]);
  });

  it('of places that cost the same, the nearer one takes it, though another were faster', () => {
    const fast = hostCandidate({ slots: 64, startMs: 0 });
    expect(planFor([fast, here], { taskCount: 1000 }).chosen?.id).toBe('here');
    expect(reasons([fast, here], { taskCount: 1000 })).toEqual({ here: undefined, 'host alpha': 'TIED' });
    expect(reasons([host, here])).toEqual({ here: undefined, 'host alpha': 'SLOWER' });
  });

  it('is bound by a deadline, held against slow tasks', () => {
    const taskMs = { p50: 30_000, p90: 90_000 };
    const profile = { ...unknownProfile, source: 'history', taskMs } as const;
    const goal = { objective: 'cost', deadlineMs: 60_000 } as const;
    expect(planFor([here], { profile, goal }).candidates[0]?.rejected).toEqual({
      reason: 'MISSES_DEADLINE',
      explanation: 'takes up to 1m30s, and the deadline is 1m',
      hint: 'allow more time',
    });
    expect(planFor([here], { profile, goal: { ...goal, deadlineMs: 90_000 } }).chosen?.id).toBe('here');
  });

  it('holds against a deadline only what is sure where the time of tasks is a guess', () => {
    const goal = { objective: 'cost', deadlineMs: 10_000 } as const;
    expect(reasons([here, fresh], { goal, profile: unknownProfile })).toEqual({
      here: undefined,
      [fresh.id]: 'MISSES_DEADLINE',
    });
  });

  it('is bound by a budget too', () => {
    const goal = { objective: 'cost', budgetUsd: 0.01 } as const;
    expect(planFor([fresh], { goal }).candidates[0]?.rejected).toMatchObject({
      reason: 'OVER_BUDGET',
      explanation: 'costs up to $0.05, and the budget is $0.01',
    });
  });
});

describe('what time decides', () => {
  const goal = { objective: 'time' } as const;

  it('is the fastest place', () => {
    expect(explained([fresh, host, large], { goal, taskCount: 100 })).toEqual({
      [large.id]: undefined,
      [fresh.id]: 'takes about 8m, 7m longer than lambda us-east-1 1769MiB',
      'host alpha': 'takes about 50m1s, 49m1s longer than lambda us-east-1 1769MiB',
    });
  });

  it('is the fastest within the budget and the deadline', () => {
    const bound = { goal: { ...goal, budgetUsd: 0.01, deadlineMs: 1_000_000 }, taskCount: 100 };
    expect(reasons([fresh, host, large], bound)).toEqual({
      [large.id]: 'OVER_BUDGET',
      [fresh.id]: 'OVER_BUDGET',
      'host alpha': 'MISSES_DEADLINE',
    });
  });

  it('of places that are as fast, the cheaper takes it, then the nearer', () => {
    const paid = newCandidate({ startMs: 1000 });
    const other = hostCandidate({ id: 'host beta' });
    expect(reasons([paid, other, host], { goal })).toEqual({
      'host alpha': undefined,
      'host beta': 'TIED',
      [paid.id]: 'DEARER',
    });
  });
});

describe('a candidate', () => {
  it.each([
    ['more memory than it has', { requirements: { cpus: 1, graceMs: 0, memoryBytes: 2 ** 34 } }, 'OVER_MEMORY'],
    ['what earlier runs needed', { profile: { ...unknownProfile, memoryBytes: 2 ** 34 } }, 'OVER_MEMORY'],
    ['more processors', { requirements: { cpus: 3, graceMs: 0 } }, 'OVER_CPUS'],
    ['tasks that take longer than they may', { profile: { taskMs: hour, source: 'said' as const } }, 'OVER_TIME'],
    ['larger files', { profile: { ...unknownProfile, bytesIn: 2 ** 30, bytesOut: 1 } }, 'OVER_DISK'],
    ['items that do not fit in a call', { profile: { ...unknownProfile, bytesIn: 2 ** 25 } }, 'OVER_PAYLOAD'],
    ['results that do not fit in a call', { profile: { ...unknownProfile, bytesOut: 2 ** 25 } }, 'OVER_PAYLOAD'],
  ] as const)('is not for %s', (_what, job, reason) => {
    const limits = { timeMs: 900_000, diskBytes: 2 ** 30, payloadBytes: 2 ** 24 };
    expect(reasons([hereCandidate({ limits })], job)).toEqual({ here: reason });
    expect(reasons([hereCandidate({ limits })])).toEqual({ here: undefined });
  });

  it('is only slower where it is a function with less than one processor', () => {
    const [whole, quarter] = planFor([functionCandidate(442.25), large]).candidates;
    expect(quarter?.estimate?.ms).toBe((whole!.estimate!.ms - 500) * 4 + 500);
    expect(quarter?.rejected?.reason).toBe('SLOWER');
    expect(reasons([small], { requirements: { cpus: 1.5, graceMs: 0 } })).toEqual({ [small.id]: 'OVER_CPUS' });
    expect(reasons([hereCandidate({ cpus: 0.5 })])).toEqual({ here: 'OVER_CPUS' });
  });

  it('counts a timeout as what a task takes only where nothing better is known', () => {
    const requirements = { cpus: 1, graceMs: 0, timeoutMs: 3_600_000 };
    expect(reasons([large], { requirements, profile: unknownProfile })).toEqual({ [large.id]: 'OVER_TIME' });
    expect(reasons([large], { requirements })).toEqual({ [large.id]: undefined });
    const short = { ...requirements, timeoutMs: 60_000 };
    expect(reasons([large], { requirements: short, profile: { taskMs: hour, source: 'said' } })).toEqual({
      [large.id]: undefined,
    });
  });

  it('is told first what no money could mend', () => {
    const full = { ...large, rejected: { reason: 'QUOTA', explanation: 'no room' } } as const;
    const job = { requirements: { cpus: 64, graceMs: 0, memoryBytes: 2 ** 50 }, label: 'restricted' } as const;
    expect(reasons([full], job)).toEqual({ [full.id]: 'POLICY' });
    expect(reasons([full], { ...job, label: 'internal' })).toEqual({ [full.id]: 'QUOTA' });
    expect(reasons([large], { ...job, label: 'internal' })).toEqual({ [large.id]: 'OVER_MEMORY' });
  });
});

it('lists the chosen one, those that lost, the best first, and those that can not take it', () => {
  const barred = functionCandidate(3008, { site: { ...large.site, clearance: 'public' } });
  const tight = functionCandidate(128);
  const job = { requirements: { cpus: 1, graceMs: 0, memoryBytes: 2 ** 28 } };
  const { candidates, reason } = planFor([barred, tight, fresh, large], job);
  expect(candidates.map(({ id }) => id)).toEqual([large.id, fresh.id, tight.id, barred.id]);
  expect(reason).toMatch(/; the cheapest of 2 that can take it \(2 rejected: OVER_MEMORY 1, POLICY 1\)$/);
});

it('says what it did not know', () => {
  const { taskCount: _unknown, ...job } = plannedJob({ profile: unknownProfile });
  const lazy = plan(job, [here], defaultPolicy);
  expect(lazy.reason).toBe(
    'here: free, in about 50m (nobody knows how long its tasks take, 100 tasks assumed); the only one that can take it',
  );
});

it('plans ten thousand candidates in less than 50 ms', () => {
  const random = seeded(3);
  const candidates = Array.from({ length: 10_000 }, (_, i) => randomCandidate(random, `place ${i}`));
  const job = { ...plannedJob({ taskCount: 500 }), label: 'public' } as const;
  // Of this process alone, and the best of several: the tests run beside others.
  const taken = Array.from({ length: 12 }, () => {
    const before = process.cpuUsage();
    plan(job, candidates, defaultPolicy);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  expect(Math.min(...taken)).toBeLessThan(50);
});
