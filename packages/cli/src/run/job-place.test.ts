import { type Candidate, type JobEvent, type Plan, unknownProfile } from '@megalith/core';
import { describe, expect, it } from 'vitest';
import { JobPlace } from './job-place.js';

const plan: Plan = {
  chosen: undefined,
  candidates: [],
  reason: '',
  label: 'internal',
  labelRule: '',
  goal: { objective: 'cost' },
  profile: unknownProfile,
};

const candidate = (backend: string) => ({ backend }) as Candidate;
const planned = (backend: string): JobEvent => ({
  type: 'planned',
  job: 'a1',
  plan: { ...plan, chosen: candidate(backend) },
});

describe('where a job runs', () => {
  it.each([
    [undefined, 'here'],
    ['auto', 'here'],
    ['local', 'here'],
    ['lambda', 'functions'],
    ['standalone', 'machines'],
  ])('is by the backend %s %s', (backend, place) => {
    expect(new JobPlace(backend).is).toBe(place);
  });

  it('is what the plan says, and the farthest of several places', () => {
    const place = new JobPlace('auto');
    place.hear(planned('local'));
    expect(place.is).toBe('here');
    place.hear(planned('lambda'));
    expect(place.is).toBe('functions');
    place.hear({ type: 'placing', job: 'a1', message: 'it boots' });
    expect(place.is).toBe('machines');
    place.hear(planned('lambda'));
    expect(place.is).toBe('machines');
  });

  it('is that of a part of the job, too', () => {
    const place = new JobPlace('auto');
    const estimate = { ms: 1, usd: 0, slowMs: 1, slowUsd: 0 };
    const parts = ['local', 'lambda'].map(backend => ({ candidate: candidate(backend), tasks: 1, estimate }));
    place.hear({ type: 'planned', job: 'a1', plan: { ...plan, chosen: candidate('local'), parts } });
    expect(place.is).toBe('functions');
  });
});
