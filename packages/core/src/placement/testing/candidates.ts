import type { Candidate } from '../../backends/backend.js';

/** A candidate for tests: this machine, free of charge. */
export function hereCandidate(fields: Partial<Candidate> = {}): Candidate {
  return {
    backend: 'local',
    id: 'here',
    kind: 'here',
    site: { name: 'here', kind: 'here', clearance: 'restricted' },
    description: 'this machine',
    cpus: 2,
    usableMemoryBytes: 2 ** 33,
    slots: 2,
    usdPerHour: 0,
    billing: { per: 'nothing' },
    startMs: 0,
    ...fields,
  };
}
