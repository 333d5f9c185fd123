import { cheapest, type JobRequest, unknownProfile } from '@megalith/core';

/** A small job of which nothing is known beforehand. */
export function jobRequest(more: Partial<JobRequest> = {}): JobRequest {
  return {
    id: 'j',
    name: 'job',
    requirements: { cpus: 1, graceMs: 100 },
    tags: [],
    label: 'internal',
    goal: cheapest,
    profile: unknownProfile,
    ...more,
  };
}
