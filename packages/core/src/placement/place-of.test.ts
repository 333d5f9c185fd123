import { describe, expect, it } from 'vitest';
import type { Candidate } from '../backends/backend.js';
import { placeOf, plan } from './plan.js';
import type { PlannedJob } from './planned-job.js';
import { defaultPolicy } from './policy.js';
import { functionCandidate, hereCandidate, newCandidate, plannedJob } from './testing/candidates.js';

const planFor = (candidates: readonly Candidate[], job: Partial<PlannedJob> = {}) =>
  plan(plannedJob(job), candidates, defaultPolicy);
const place =
  (candidates: readonly Candidate[], job: Partial<PlannedJob> = {}) =>
  () =>
    placeOf(planFor(candidates, job), { name: 'resize' });
const failing = (fields: Readonly<Record<string, unknown>>) => expect.objectContaining(fields);

const laptop = hereCandidate();
const tooSmall: Candidate = { ...laptop, rejected: { reason: 'OVER_MEMORY', explanation: 'asks for 1TiB of 8GiB' } };

describe('the place of a plan', () => {
  it('is its chosen candidate', () => {
    const chosen = planFor([tooSmall, laptop]);
    expect(placeOf(chosen, { name: 'resize' })).toBe(chosen.chosen);
  });

  it('lists every rejection when there is none', () => {
    expect(place([tooSmall, { ...tooSmall, backend: 'lab' }])).toThrowError(
      failing({
        code: 'NO_PLACEMENT',
        exitCode: 3,
        message:
          'no place can run "resize": lab: asks for 1TiB of 8GiB (OVER_MEMORY); local: asks for 1TiB of 8GiB (OVER_MEMORY)',
      }),
    );
  });

  it('tells candidates of one backend apart, and leaves off after eight', () => {
    const many = Array.from({ length: 10 }, (_, i) => functionCandidate(128 + i));
    const job = { requirements: { cpus: 1, graceMs: 0, memoryBytes: 2 ** 40 } };
    expect(place(many, job)).toThrowError(/lambda us-east-1 128MiB: .*135MiB: [^;]*; and 2 more$/);
  });

  it('fails in the words of the only candidate where that knows what to do', () => {
    const told: Candidate = { ...laptop, rejected: { ...tooSmall.rejected!, hint: 'ask for less' } };
    expect(place([told])).toThrowError(
      failing({ code: 'OVER_MEMORY', message: 'asks for 1TiB of 8GiB', hint: 'ask for less' }),
    );
    const full = { ...told, rejected: { ...told.rejected!, reason: 'OVER_DISK' as const } };
    expect(place([full])).toThrowError(failing({ code: 'NO_PLACEMENT' }));
    expect(place([told, tooSmall])).toThrowError(failing({ code: 'NO_PLACEMENT' }));
  });

  it('gives the hint that all agree on', () => {
    const goal = { objective: 'cost', budgetUsd: 1e-9 } as const;
    expect(place([newCandidate(), functionCandidate(1769)], { goal })).toThrowError(
      failing({ code: 'NO_PLACEMENT', hint: 'allow a larger budget' }),
    );
  });

  it('says so when nobody offers anything', () => {
    expect(place([])).toThrowError('no place can run "resize": no backend offers a place');
  });

  it('names the policy where it is the policy alone that speaks against every place with room', () => {
    const job = { label: 'restricted', labelRule: 'tag "phi" is restricted' } as const;
    expect(place([newCandidate(), functionCandidate(1769), tooSmall], job)).toThrowError(
      failing({
        code: 'POLICY',
        message: expect.stringContaining('no place may run "resize", which is restricted (tag "phi" is restricted): '),
      }),
    );
    expect(place([newCandidate()], job)).toThrowError(
      failing({ code: 'POLICY', hint: expect.stringContaining('declassify') }),
    );
    const goal = { objective: 'cost', deadlineMs: 1 } as const;
    expect(place([newCandidate(), laptop], { ...job, goal })).toThrowError(failing({ code: 'NO_PLACEMENT' }));
    const huge = { cpus: 1, graceMs: 0, memoryBytes: 2 ** 50 };
    expect(place([newCandidate(), tooSmall], { ...job, requirements: huge })).toThrowError(
      failing({ code: 'NO_PLACEMENT' }),
    );
  });
});
