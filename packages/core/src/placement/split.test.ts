import { describe, expect, it } from 'vitest';
import type { Candidate } from '../backends/backend.js';
import { cheapest, type Goal } from './goal.js';
import { defaultPolicy } from './policy.js';
import { splitPlan, type TaskGroup } from './split.js';
import { functionCandidate, hereCandidate, newCandidate, plannedJob } from './testing/candidates.js';

const gib = 2 ** 30;
const group = (
  memoryGib: number,
  taskCount: number,
  taskMs: number,
  candidates: readonly Candidate[] = [functionCandidate(1769), functionCandidate(10_240), machine(memoryGib)],
): TaskGroup => ({
  job: plannedJob({
    taskCount,
    requirements: { cpus: 1, graceMs: 0, memoryBytes: memoryGib * gib },
    profile: { source: 'history', taskMs: { p50: taskMs, p90: taskMs } },
  }),
  candidates,
});
/** 59 GiB and 16 processors for $1 an hour. */
const machine = (memoryGib: number): Candidate => newCandidate({ slots: Math.min(16, Math.floor(59 / memoryGib)) });
const split = (groups: readonly TaskGroup[], goal: Goal = cheapest) => splitPlan(groups, defaultPolicy, goal);
const placed = (groups: readonly TaskGroup[], goal: Goal = cheapest) =>
  split(groups, goal).parts.map(({ groups: its, candidate }) => [candidate.id, ...its]);

describe('tasks that need different amounts', () => {
  it('go to different places where that is cheaper', () => {
    const groups = [group(1, 2, 60_000), group(50, 1, 600_000)];
    const { parts, estimate, reason } = split(groups, { objective: 'cost', deadlineMs: 700_000 });
    expect(parts.map(({ candidate }) => candidate.id)).toEqual(['lambda us-east-1 1769MiB', machine(1).id]);
    expect(estimate!.usd).toBeCloseTo(parts[0]!.estimate.usd + parts[1]!.estimate.usd, 12);
    expect(estimate!.ms).toBe(Math.max(parts[0]!.estimate.ms, parts[1]!.estimate.ms));
    expect(reason).toMatch(
      /^2 tasks at lambda us-east-1 1769MiB, 1 tasks at new m6i.4xlarge us-east-1: \$0\.\d+ in about 11m$/,
    );
  });

  it('stay together where the machine of the large ones is there for the small ones too', () => {
    const groups = [group(1, 160, 100_000), group(50, 1, 600_000)];
    expect(placed(groups)).toEqual([[machine(1).id, 0, 1]]);
    expect(split(groups).reason).toMatch(/^all at new m6i/);
  });

  it('share a start that is paid once', () => {
    const groups = [group(20, 4, 60_000), group(30, 1, 60_000)];
    const [part] = split(groups).parts;
    // A minute of start, two waves and one of a minute each, a minute of idle tail.
    expect(part!.estimate).toMatchObject({ ms: 240_000, usd: expect.closeTo(5 / 60, 9) });
  });

  it('are placed each for itself where that is faster', () => {
    const groups = [group(1, 160, 100_000), group(50, 1, 600_000)];
    expect(placed(groups, { objective: 'time' })).toEqual([
      ['lambda us-east-1 1769MiB', 0],
      [machine(1).id, 1],
    ]);
  });

  it('stay together where parting them saves next to nothing', () => {
    const free = [hereCandidate({ id: 'here' }), hereCandidate({ id: 'other', kind: 'host' })];
    expect(placed([group(1, 1, 1000, free), group(2, 1, 1000, free)])).toEqual([['here', 0, 1]]);
  });

  it('have no place where one of them has none, or all together miss what each would keep', () => {
    expect(split([group(1, 1, 1000), group(500, 1, 1000)])).toMatchObject({
      parts: [],
      reason: 'every candidate was rejected (3 rejected: OVER_MEMORY 3)',
    });
    const here = [hereCandidate({ slots: 1 })];
    const goal = { objective: 'cost', deadlineMs: 1500 } as const;
    expect(split([group(1, 1, 1000, here), group(2, 1, 1000, here)], goal)).toMatchObject({
      parts: [],
      reason: 'its parts together take up to 2s and $0.00, more than they may',
    });
    expect(split([])).toMatchObject({ parts: [], reason: 'there are no tasks' });
  });
});
