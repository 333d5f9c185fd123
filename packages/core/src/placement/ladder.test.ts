import { describe, expect, it } from 'vitest';
import type { Candidate } from '../backends/backend.js';
import { type Climb, nextRung } from './ladder.js';
import type { PlannedJob } from './planned-job.js';
import { defaultPolicy } from './policy.js';
import { functionCandidate, hereCandidate, newCandidate, plannedJob } from './testing/candidates.js';

const gib = 2 ** 30;
const small = functionCandidate(512);
const large = functionCandidate(10_240);
const machine = newCandidate();
const giant = newCandidate({ id: 'new giant', usableMemoryBytes: 900 * gib, usdPerHour: 8 });
const places = [small, functionCandidate(1769), large, machine, giant];

const had = (place: Candidate, memoryBytes = place.usableMemoryBytes, timeMs = 900_000) => ({
  candidateId: place.id,
  memoryBytes,
  timeMs,
});
const climb = (fields: Partial<Climb>): Climb => ({
  failure: 'OUT_OF_MEMORY',
  tried: [had(small)],
  spentUsd: 0,
  stepsLeft: 4,
  ...fields,
});
const next = (fields: Partial<Climb>, job: Partial<PlannedJob> = {}, candidates: readonly Candidate[] = places) =>
  nextRung(climb(fields), plannedJob(job), candidates, defaultPolicy);

describe('a task that ran out of memory', () => {
  it('goes to the cheapest place with half as much again, and has all of a function', () => {
    const rung = next({});
    expect(rung).toMatchObject({
      candidate: { id: 'lambda us-east-1 1769MiB' },
      requirements: { memoryBytes: functionCandidate(1769).usableMemoryBytes },
      reason: '412MiB of memory was too little: it moves to lambda us-east-1 1769MiB, $0.0014 in about 1m1s',
    });
  });

  it('climbs from function to machine to larger machine, strictly, until there is none', () => {
    const tried = [had(small)];
    const way: string[] = [];
    for (let stepsLeft = 9; ; stepsLeft--) {
      const rung = next({ tried, stepsLeft });
      if (rung.candidate === undefined) {
        expect(rung.reason).toBe('no place gives more than 900GiB of memory');
        break;
      }
      const memoryBytes = rung.requirements.memoryBytes!;
      expect(memoryBytes).toBeGreaterThan(tried.at(-1)!.memoryBytes);
      expect(memoryBytes).toBeLessThanOrEqual(rung.candidate.usableMemoryBytes);
      tried.push(had(rung.candidate, memoryBytes));
      if (way.at(-1) !== rung.candidate.id) way.push(rung.candidate.id);
    }
    expect(way).toEqual(['lambda us-east-1 1769MiB', 'lambda us-east-1 10240MiB', machine.id, giant.id]);
  });

  it('may have more where it was, if it was its own limit that ended it', () => {
    const here = hereCandidate();
    const requirements = { cpus: 1, graceMs: 0, memoryBytes: gib };
    expect(next({ tried: [had(here, gib)] }, { requirements }, [here, ...places])).toMatchObject({
      candidate: { id: 'here' },
      requirements: { memoryBytes: 1.5 * gib },
    });
  });

  it('needs what it was seen to use, and something more', () => {
    expect(next({ peakBytes: 20 * gib })).toMatchObject({ candidate: { id: machine.id } });
  });

  it('takes the little more that there is where there is no half as much again', () => {
    const tried = [had(machine, 50 * gib)];
    expect(next({ tried }, {}, [machine])).toMatchObject({ requirements: { memoryBytes: expect.any(Number) } });
    const rung = next({ tried }, {}, [machine]);
    expect(rung.candidate && rung.requirements.memoryBytes! > 50 * gib).toBe(true);
  });
});

describe('a task that ran out of time', () => {
  const timedOut = { failure: 'TIMED_OUT', tried: [had(large)] } as const;

  it('leaves functions, which all end as early, for a machine', () => {
    expect(next(timedOut)).toMatchObject({
      candidate: { id: machine.id },
      profile: { taskMs: { p50: 1_350_000, p90: 2_700_000 } },
    });
  });

  it('may go to a function with more of a processor, which does more in the same time', () => {
    expect(next({ ...timedOut, tried: [had(small)] })).toMatchObject({
      candidate: { id: 'lambda us-east-1 1769MiB' },
      profile: { taskMs: { p50: expect.closeTo(390_729, -1) } },
    });
  });

  it('has no larger place where the limit was its own', () => {
    const requirements = { cpus: 1, graceMs: 0, timeoutMs: 900_000 };
    expect(next(timedOut, { requirements })).toEqual({
      candidate: undefined,
      reason: 'its own time limit is 15m',
      hint: 'allow it more time with "timeout"',
    });
  });
});

it('a task whose result is too large for a call goes where results do not travel in calls', () => {
  expect(next({ failure: 'OVER_PAYLOAD', tried: [had(large)] })).toMatchObject({ candidate: { id: machine.id } });
  expect(next({ failure: 'OVER_PAYLOAD', tried: [had(machine)] })).toMatchObject({
    candidate: undefined,
    reason: 'no place gives more than room for any result',
  });
});

describe('a task that outgrew its place', () => {
  it('never goes where its data may not go', () => {
    const rung = next({}, { label: 'restricted', labelRule: 'tag "phi" is restricted' });
    expect(rung.candidate).toBeUndefined();
    expect(rung.reason).toContain('no place that has room for it may have its data, which is restricted');
  });

  it('costs no more than what is left', () => {
    const goal = { objective: 'cost', budgetUsd: 1 } as const;
    expect(next({ tried: [had(large)], spentUsd: 0.5 }, { goal }).candidate?.id).toBe(machine.id);
    expect(next({ tried: [had(large)], spentUsd: 0.999 }, { goal })).toMatchObject({
      candidate: undefined,
      reason: expect.stringContaining('OVER_BUDGET'),
    });
  });

  it('is late rather than lost', () => {
    const goal = { objective: 'cost', deadlineMs: 1000 } as const;
    const quick = newCandidate({ id: 'new quick', startMs: 30_000, usdPerHour: 9 });
    expect(next({ tried: [had(large)] }, { goal }, [machine, quick]).candidate?.id).toBe('new quick');
  });

  it('is moved so often and no more', () => {
    expect(next({ stepsLeft: 0, tried: [had(small), had(large)] })).toEqual({
      candidate: undefined,
      reason: 'it was moved to a larger place once, which is all that is allowed',
    });
  });
});
