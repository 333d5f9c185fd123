import type { Candidate } from '../../backends/backend.js';
import { cheapest } from '../goal.js';
import { unknownProfile } from '../job-profile.js';
import type { PlannedJob } from '../planned-job.js';

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

/** A host of the organisation's own, free of charge. */
export function hostCandidate(fields: Partial<Candidate> = {}): Candidate {
  return hereCandidate({
    backend: 'standalone',
    id: 'host alpha',
    kind: 'host',
    site: { name: 'alpha', kind: 'on-prem', clearance: 'restricted' },
    description: 'alpha',
    startMs: 1000,
    ...fields,
  });
}

/** A machine to be made, billed for a minute of start and a minute of idling. */
export function newCandidate(fields: Partial<Candidate> & { readonly usdPerHour?: number } = {}): Candidate {
  const { usdPerHour = 1 } = fields;
  return hereCandidate({
    backend: 'standalone',
    id: 'new m6i.4xlarge us-east-1',
    kind: 'new',
    site: { name: 'ec2 us-east-1', kind: 'cloud', region: 'us-east-1', clearance: 'confidential' },
    description: 'm6i.4xlarge',
    cpus: 16,
    usableMemoryBytes: 59 * 2 ** 30,
    slots: 16,
    usdPerHour,
    billing: { per: 'hour', usdPerHour, minimumMs: 60_000, startMs: 60_000, idleTailMs: 60_000 },
    startMs: 60_000,
    ...fields,
  });
}

/** Lambda's prices for arm64 in us-east-1, and its processor for so much memory: one for 1,769 MiB. */
export function functionCandidate(memoryMib: number, fields: Partial<Candidate> = {}): Candidate {
  const memoryGib = memoryMib / 1024;
  return hereCandidate({
    backend: 'lambda',
    id: `lambda us-east-1 ${memoryMib}MiB`,
    kind: 'function',
    site: { name: 'lambda us-east-1', kind: 'cloud', region: 'us-east-1', clearance: 'internal' },
    description: `function of ${memoryMib}MiB`,
    cpus: memoryMib / 1769,
    usableMemoryBytes: (memoryMib - 100) * 2 ** 20,
    slots: 1000,
    usdPerHour: 0.048 * memoryGib * 1000,
    billing: { per: 'gib-second', usdPerGibSecond: 0.0000133334, usdPerRequest: 2e-7, memoryGib },
    startMs: 500,
    limits: { timeMs: 900_000, payloadBytes: 6 * 2 ** 20 },
    ...fields,
  });
}

/** One task of a minute, as its earlier runs say. */
export function plannedJob(fields: Partial<PlannedJob> = {}): PlannedJob {
  return {
    name: 'resize',
    requirements: { cpus: 1, graceMs: 0 },
    label: 'internal',
    labelRule: "the policy's default is internal",
    goal: cheapest,
    profile: { ...unknownProfile, source: 'history' },
    taskCount: 1,
    ...fields,
  };
}
