import { expect, it } from 'vitest';
import { hereCandidate } from '../../placement/testing/candidates.js';
import { requirementsAt } from './requirements-at.js';

const GiB = 2 ** 30;
const requirements = { cpus: 1, graceMs: 0 };
const profile = { taskMs: { p50: 1, p90: 1 }, source: 'history', memoryBytes: GiB / 16 } as const;
const limitAt = (kind: 'here' | 'host' | 'warm' | 'new' | 'function', said?: number) =>
  requirementsAt(hereCandidate({ kind, cpus: 2, usableMemoryBytes: 8 * GiB }), {
    requirements: said === undefined ? requirements : { ...requirements, memoryBytes: said },
    profile,
  }).memoryBytes;

it('limits no task to what others like it were seen to need, where there is more for it', () => {
  expect(limitAt('here')).toBeUndefined();
  expect(limitAt('host')).toBeUndefined();
  expect(limitAt('function')).toBe(8 * GiB);
  for (const kind of ['warm', 'new'] as const) expect(limitAt(kind)).toBeGreaterThan(3 * GiB);
});

it('keeps the limit that the caller set, everywhere', () => {
  for (const kind of ['here', 'host', 'warm', 'new', 'function'] as const) expect(limitAt(kind, GiB)).toBe(GiB);
});
