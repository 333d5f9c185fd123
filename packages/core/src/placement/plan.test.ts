import { describe, expect, it } from 'vitest';
import type { Candidate } from '../backends/backend.js';
import { cheapest } from './goal.js';
import { unknownProfile } from './job-profile.js';
import { placeOf, plan as planFor } from './plan.js';
import { defaultPolicy } from './policy.js';
import { hereCandidate } from './testing/candidates.js';

const job = {
  name: 'resize',
  requirements: { cpus: 1, graceMs: 0 },
  label: 'internal',
  labelRule: 'no tags',
  goal: cheapest,
  profile: unknownProfile,
} as const;
const choosePlace = (candidates: readonly Candidate[]) => planFor(job, candidates, defaultPolicy);
const laptop = hereCandidate();
const tooSmall: Candidate = { ...laptop, rejected: { reason: 'OVER_MEMORY', explanation: 'asks for 1TiB of 8GiB' } };
const server: Candidate = { ...laptop, backend: 'lab', description: 'the lab server' };

describe('a plan', () => {
  it('takes the first candidate that was not rejected', () => {
    expect(choosePlace([laptop, server]).chosen).toBe(laptop);
    const plan = choosePlace([tooSmall, server]);
    expect(plan.chosen).toBe(server);
    expect(plan.candidates).toEqual([tooSmall, server]);
    expect(plan.reason).toBe('the lab server: the first that can take it, after 1 rejected');
    expect(placeOf(plan, { name: 'resize' })).toBe(server);
  });

  it('lists every rejection when there is no place', () => {
    const plan = choosePlace([tooSmall, { ...tooSmall, backend: 'lab' }]);
    expect(plan.chosen).toBeUndefined();
    expect(() => placeOf(plan, { name: 'resize' })).toThrowError(
      expect.objectContaining({
        code: 'NO_PLACEMENT',
        exitCode: 3,
        message:
          'no place can run "resize": local: asks for 1TiB of 8GiB (OVER_MEMORY); lab: asks for 1TiB of 8GiB (OVER_MEMORY)',
      }),
    );
  });

  it('fails in the words of the only candidate where that knows what to do', () => {
    const told: Candidate = { ...laptop, rejected: { ...tooSmall.rejected!, hint: 'ask for less' } };
    expect(() => placeOf(choosePlace([told]), { name: 'x' })).toThrowError(
      expect.objectContaining({ code: 'OVER_MEMORY', message: 'asks for 1TiB of 8GiB', hint: 'ask for less' }),
    );
    const full = { ...told, rejected: { ...told.rejected!, reason: 'OVER_DISK' as const } };
    const noPlacement = expect.objectContaining({ code: 'NO_PLACEMENT' });
    expect(() => placeOf(choosePlace([full]), { name: 'x' })).toThrowError(noPlacement);
    expect(() => placeOf(choosePlace([told, tooSmall]), { name: 'x' })).toThrowError(noPlacement);
  });

  it('fails with what kept a place from saying what it has, though others have no room', () => {
    const rejected = {
      reason: 'NOT_CONFIGURED',
      explanation: 'there are no credentials',
      code: 'NO_CREDENTIALS',
    } as const;
    const cloud: Candidate = { ...server, rejected };
    expect(() => placeOf(choosePlace([tooSmall, cloud]), { name: 'x' })).toThrowError(
      expect.objectContaining({ code: 'NO_CREDENTIALS', message: 'there are no credentials' }),
    );
    expect(placeOf(choosePlace([cloud, laptop]), { name: 'x' })).toBe(laptop);
  });

  it('says so when nobody offers anything', () => {
    expect(() => placeOf(choosePlace([]), { name: 'x' })).toThrowError(
      'no place can run "x": no backend offers a place',
    );
  });
});
