import { type JobEvent, type Plan, unknownProfile } from '@megalith/core';
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

function planned(backend: string): JobEvent {
  const chosen = { backend } as NonNullable<Plan['chosen']>;
  return { type: 'planned', job: 'a1', plan: { ...plan, chosen } };
}

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
});
