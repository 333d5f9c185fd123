import { isMegalithError } from '@megalith/agent';
import type { Candidate, CandidateKind } from '../../backends/backend.js';

/** Stands in a plan for a backend that could not say what it has. */
export function absentCandidate(backend: string, kind: CandidateKind, error: unknown): Candidate {
  const known = isMegalithError(error) ? error : undefined;
  return {
    backend,
    id: backend,
    kind,
    // Nothing goes there: where it is does not matter.
    site: { name: backend, kind: 'here', clearance: 'restricted' },
    description: backend,
    cpus: 0,
    usableMemoryBytes: 0,
    slots: 0,
    usdPerHour: 0,
    billing: { per: 'nothing' },
    startMs: 0,
    rejected: {
      reason: 'NOT_CONFIGURED',
      explanation: known?.message ?? String(error),
      ...(known?.hint === undefined ? {} : { hint: known.hint }),
      ...(known === undefined ? {} : { code: known.code }),
    },
  };
}
