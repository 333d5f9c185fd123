import { describe, expect, it } from 'vitest';
import { memoryRoomBytes } from './memory-room.js';
import { functionCandidate, hostCandidate, newCandidate, plannedJob } from './testing/candidates.js';

const gib = 2 ** 30;
const knows = (memoryGib: number, cpus = 1) =>
  plannedJob({
    requirements: { cpus, graceMs: 0 },
    profile: { source: 'history', taskMs: { p50: 1, p90: 1 }, memoryBytes: memoryGib * gib },
  });

describe('what a task may have', () => {
  it('is what the user says', () => {
    const job = { ...knows(4), requirements: { cpus: 1, graceMs: 0, memoryBytes: gib } };
    for (const place of [functionCandidate(10_240), newCandidate(), hostCandidate()]) {
      expect(memoryRoomBytes(place, job)).toBe(gib);
    }
  });

  it('is all of a function', () => {
    const place = functionCandidate(10_240);
    expect(memoryRoomBytes(place, knows(1))).toBe(place.usableMemoryBytes);
  });

  it('is a share of a machine that is made for it, as large as lets as many run at once', () => {
    // 59 GiB and 16 processors: 53.1 GiB are sure.
    expect(memoryRoomBytes(newCandidate(), knows(1))! / gib).toBeCloseTo(53.1 / 16, 3);
    expect(memoryRoomBytes(newCandidate(), knows(20))! / gib).toBeCloseTo(53.1 / 2, 3);
    expect(memoryRoomBytes(newCandidate(), knows(1, 8))! / gib).toBeCloseTo(53.1 / 2, 3);
    expect(memoryRoomBytes(newCandidate(), knows(58))).toBe(58 * gib);
  });

  it('is what is expected on hosts, where others wait', () => {
    expect(memoryRoomBytes(hostCandidate(), knows(1))).toBe(gib);
  });

  it('is open where nobody knows what it needs', () => {
    expect(memoryRoomBytes(newCandidate(), plannedJob())).toBeUndefined();
  });
});
