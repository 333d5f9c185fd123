import { isLower } from '@megalith/agent';
import { type Best, bestPlace } from './oracle.js';
import type { Place } from './places.js';
import type { TrueJob } from './true-job.js';

/** A rule that others place by. Each picks among the places of its kind by true figures: as well as it could. */
export interface Baseline {
  readonly name: string;
  readonly place: (job: TrueJob, places: readonly Place[]) => Best | undefined;
}

/** METASPACE ran up to 4 GB as functions and the rest on one large machine. */
const thresholdBytes = 4 * 2 ** 30;
/** Lithops keeps its machines so long after a job: `soft_dismantle_timeout`. */
export const lithopsTailMs = 300_000;

export const baselines: readonly Baseline[] = [
  {
    name: 'always a function where it fits',
    place: (job, places) => bestOf(job, places, 'function') ?? bestOf(job, places, 'new'),
  },
  { name: 'always a new machine', place: (job, places) => bestOf(job, places, 'new') },
  { name: 'a machine, warm for 300 s (Lithops)', place: (job, places) => bestOf(job, places, 'new', lithopsTailMs) },
  {
    name: 'by memory, 4 GiB (METASPACE)',
    place: (job, places) => {
      const isSmall = Math.max(...job.peakBytes) <= thresholdBytes;
      return (isSmall ? bestOf(job, places, 'function') : undefined) ?? bestOf(job, places, 'new');
    },
  },
];

/** The cheapest of a kind that meets the deadline, else the fastest. No label is looked at. */
function bestOf(job: TrueJob, places: readonly Place[], kind: Place['kind'], idleTailMs?: number): Best | undefined {
  const those = places.filter(place => place.kind === kind);
  const rules = { ignoresLabels: true, ...(idleTailMs === undefined ? {} : { idleTailMs }) };
  return (
    bestPlace(job, those, { objective: 'usd', deadlineMs: job.deadlineMs }, rules) ??
    bestPlace(job, those, { objective: 'ms' }, rules)
  );
}

export function isViolation({ label }: TrueJob, { place }: Best): boolean {
  return isLower(place.clearance, label);
}
