import { labels } from '@megalith/agent';
import { type Candidate, candidateKinds, type ReasonCode } from '../../backends/backend.js';
import type { Billing } from '../billing.js';
import type { Goal } from '../goal.js';
import type { JobProfile } from '../job-profile.js';
import type { PlannedJob } from '../planned-job.js';
import { defaultPolicy, type Policy } from '../policy.js';
import type { Site } from '../site.js';
import type { Seeded } from './seeded.js';

const gib = 2 ** 30;
const regions = ['us-east-1', 'eu-west-1', 'ap-south-1'] as const;
const own: readonly ReasonCode[] = ['QUOTA', 'NO_CAPACITY', 'NOT_CONFIGURED'];

/** Between the two, each order of magnitude as likely as the others. */
function magnitude(random: Seeded, least: number, most: number): number {
  return least * (most / least) ** random.next();
}

function chance(random: Seeded, share: number): boolean {
  return random.next() < share;
}

/** Any place there could be, at any price. */
export function randomCandidate(random: Seeded, id: string): Candidate {
  const kind = random.pick(candidateKinds);
  const memoryBytes = Math.round(magnitude(random, 2 ** 27, 2 ** 42));
  const usdPerHour = chance(random, 0.3) ? 0 : magnitude(random, 1e-3, 100);
  return {
    backend: kind === 'here' ? 'local' : kind === 'function' ? 'lambda' : 'standalone',
    id,
    kind,
    site: randomSite(random, kind),
    description: id,
    cpus: kind === 'function' ? memoryBytes / gib / 1.7 : 1 + random.below(128),
    usableMemoryBytes: memoryBytes,
    slots: 1 + random.below(chance(random, 0.5) ? 4 : 1000),
    usdPerHour,
    billing: randomBilling(random, usdPerHour, memoryBytes / gib),
    startMs: random.below(200_000),
    ...(chance(random, 0.3) ? { taskOverheadMs: random.below(100) } : {}),
    ...(chance(random, 0.4) ? { limits: { timeMs: 900_000, payloadBytes: 6 * 2 ** 20, diskBytes: gib } } : {}),
    ...(chance(random, 0.2) ? { transfer: { bytesPerSecond: 1e7, usdPerGib: random.next() } } : {}),
    ...(chance(random, 0.1) ? { rejected: { reason: random.pick(own), explanation: 'it says so' } } : {}),
  };
}

function randomSite(random: Seeded, kind: Candidate['kind']): Site {
  const isCloud = kind === 'function' || kind === 'new' || (kind === 'warm' && chance(random, 0.5));
  return {
    name: kind,
    kind: kind === 'here' ? 'here' : isCloud ? 'cloud' : 'on-prem',
    clearance: random.pick(labels),
    ...(chance(random, 0.8) ? { region: random.pick(regions) } : {}),
  };
}

function randomBilling(random: Seeded, usdPerHour: number, memoryGib: number): Billing {
  if (usdPerHour === 0) return { per: 'nothing' };
  if (chance(random, 0.4)) {
    return { per: 'gib-second', usdPerGibSecond: usdPerHour / 3600 / memoryGib, usdPerRequest: 2e-7, memoryGib };
  }
  const idleTailMs = random.below(300_000);
  const paid = chance(random, 0.3) ? { paidMs: random.below(300_000) } : {};
  return { per: 'hour', usdPerHour, minimumMs: 60_000, startMs: random.below(120_000), idleTailMs, ...paid };
}

/** Any job, with any history. */
export function randomJob(random: Seeded): PlannedJob {
  const { profile, requirements } = { profile: randomProfile(random), requirements: { cpus: 1, graceMs: 0 } };
  return {
    name: 'x',
    label: random.pick(labels),
    labelRule: 'it is',
    goal: randomGoal(random),
    profile,
    requirements: {
      ...requirements,
      cpus: chance(random, 0.7) ? 1 : magnitude(random, 0.1, 128),
      ...(chance(random, 0.5) ? { memoryBytes: Math.round(magnitude(random, 2 ** 26, 2 ** 41)) } : {}),
      ...(chance(random, 0.2) ? { timeoutMs: Math.round(magnitude(random, 1e3, 1e7)) } : {}),
    },
    ...(chance(random, 0.9) ? { taskCount: Math.round(magnitude(random, 1, 2000)) } : {}),
  };
}

function randomProfile(random: Seeded): JobProfile {
  const p50 = magnitude(random, 10, 1e7);
  return {
    taskMs: { p50, p90: p50 * magnitude(random, 1, 10) },
    source: random.pick(['said', 'history', 'probe', 'guess'] as const),
    ...(chance(random, 0.3) ? { memoryBytes: Math.round(magnitude(random, 2 ** 26, 2 ** 41)) } : {}),
    ...(chance(random, 0.2) ? { bytesIn: random.below(1e8), bytesOut: random.below(1e8) } : {}),
  };
}

function randomGoal(random: Seeded): Goal {
  return {
    objective: random.pick(['cost', 'cost', 'time'] as const),
    ...(chance(random, 0.2) ? { deadlineMs: magnitude(random, 1e3, 1e8) } : {}),
    ...(chance(random, 0.2) ? { budgetUsd: magnitude(random, 1e-4, 100) } : {}),
  };
}

export function randomPolicy(random: Seeded): Policy {
  return {
    ...defaultPolicy,
    hereClearance: random.pick(labels),
    ...(chance(random, 0.3) ? { regions: { [random.pick(labels)]: regions.slice(random.below(3)) } } : {}),
  };
}
