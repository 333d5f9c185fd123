import type { Requirements } from '@megalith/agent';
import type { Candidate } from '../backends/backend.js';
import type { JobProfile } from './job-profile.js';
import { neededMemoryBytes, type PlannedJob } from './planned-job.js';
import { slowdownAt } from './workload.js';

/** A place where a task failed, and what it had there. */
export interface TriedPlace {
  readonly candidateId: string;
  /** What it could use. */
  readonly memoryBytes: number;
  /** The limit of its time, else how long it ran. */
  readonly timeMs: number;
}

/** What a task failed with that a larger place may mend. */
export type OutgrownBy = 'OUT_OF_MEMORY' | 'TIMED_OUT' | 'OVER_PAYLOAD';

/** How a task failed, and where it was tried before that, the last try last. */
export interface Outgrown {
  readonly failure: OutgrownBy;
  readonly tried: readonly TriedPlace[];
  /** So many tasks of the job failed alike, and go on together. @defaultValue 1 */
  readonly tasks?: number;
  /** The most that it was seen to use, bytes, where something saw it. */
  readonly peakBytes?: number;
}

/** What a task needs as far as its failures tell. A place has to give more than `beyond`, and `requirements` and `profile` are what it is expected to take. */
export interface Lesson {
  readonly requirements: Requirements;
  readonly profile: JobProfile;
  readonly beyond: { readonly memoryBytes?: number; readonly computeMs?: number; readonly payloadBytes?: number };
}

/** A task that died at its limit wanted more by nobody knows how much: half as much again finds most of what needs any more in one step. */
const memoryGrowth = 1.5;
/** A peak that was measured is known better. */
const peakMargin = 1.2;
/** A task that did not end in its time is taken to need half as much again, and at worst three times as much. */
const timeGrowth = { p50: 1.5, p90: 3 } as const;

/**
 * What a failure teaches. A limit that the user set for a task's memory is the limit of its first try, and is raised here; the user's timeout is not: a
 * task that would never end must not be given ever more time.
 */
export function lessonOf(
  { failure, tried, peakBytes = 0 }: Outgrown,
  job: PlannedJob,
  candidates: readonly Candidate[],
): Lesson {
  const { requirements, profile } = job;
  if (failure === 'OUT_OF_MEMORY') {
    const most = Math.max(0, ...tried.map(({ memoryBytes }) => memoryBytes));
    const memoryBytes = Math.ceil(Math.max(most * memoryGrowth, peakBytes * peakMargin, neededMemoryBytes(job) ?? 0));
    const learned = { requirements: { ...requirements, memoryBytes }, profile: { ...profile, memoryBytes } };
    return { ...learned, beyond: { memoryBytes: most } };
  }
  const byId = new Map(candidates.map(candidate => [candidate.id, candidate]));
  if (failure === 'TIMED_OUT') {
    const computeMs = Math.max(
      0,
      ...tried.map(each => computedMs(each, byId.get(each.candidateId), requirements.cpus)),
    );
    const p50 = Math.max(profile.taskMs.p50, computeMs * timeGrowth.p50);
    const taskMs = { p50, p90: Math.max(profile.taskMs.p90, computeMs * timeGrowth.p90, p50) };
    return { requirements, profile: { ...profile, taskMs, source: 'probe' }, beyond: { computeMs } };
  }
  const limits = tried.map(({ candidateId }) => {
    const place = byId.get(candidateId);
    return place === undefined ? 0 : (place.limits?.payloadBytes ?? Number.POSITIVE_INFINITY);
  });
  const payloadBytes = Math.max(0, ...limits);
  const bytesOut = Math.max(profile.bytesOut ?? 0, Number.isFinite(payloadBytes) ? payloadBytes + 1 : 0);
  return { requirements, profile: { ...profile, bytesOut }, beyond: { payloadBytes } };
}

/** How much a task has computed in its time, in milliseconds of the processors that it asks for: with less of them it is less. */
function computedMs({ timeMs }: TriedPlace, place: Candidate | undefined, cpus: number): number {
  return place === undefined ? timeMs : timeMs / slowdownAt(place, cpus);
}

/** Whether a place gives more of what the task ran out of than any before. */
export function isLarger(candidate: Candidate, { beyond, requirements }: Lesson): boolean {
  const { memoryBytes, computeMs, payloadBytes } = beyond;
  const { limits = {}, usableMemoryBytes } = candidate;
  if (memoryBytes !== undefined) return usableMemoryBytes > memoryBytes;
  if (computeMs !== undefined) {
    return limits.timeMs === undefined || limits.timeMs / slowdownAt(candidate, requirements.cpus) > computeMs;
  }
  return (limits.payloadBytes ?? Number.POSITIVE_INFINITY) > (payloadBytes ?? 0);
}
