import { isLower } from '@megalith/agent';
import { carryOut } from './carry-out.js';
import { candidateOf, type Moment, type Place, slotsOf } from './places.js';
import type { TrueJob } from './true-job.js';

/** What a job takes at its best place. */
export interface Best {
  readonly place: Place;
  readonly usd: number;
  readonly ms: number;
}

export interface BestOf {
  readonly objective: 'usd' | 'ms';
  readonly deadlineMs?: number | undefined;
}

/** So long a new machine stays without work in jobs that stand alone, milliseconds: what its start has cost, as the pool does. */
export const usualTailMs = 60_000;

export function momentOf(job: TrueJob, place: Place, idleTailMs = usualTailMs): Moment {
  const host = place.kind === 'host' ? job.busyMs[Number(place.id.split(' ')[1])] : undefined;
  return host === undefined ? { idleTailMs } : { idleTailMs, busyMs: host };
}

/**
 * The best of all places for a job, by what its tasks truly take: each place that could be better than the best so far is run through.
 * @param ignoresLabels where data may go does not count
 */
export function bestPlace(
  job: TrueJob,
  places: readonly Place[],
  { objective, deadlineMs = Number.POSITIVE_INFINITY }: BestOf,
  { idleTailMs = usualTailMs, ignoresLabels = false }: { idleTailMs?: number; ignoresLabels?: boolean } = {},
): Best | undefined {
  const { fn } = job;
  const needBytes = Math.max(...job.peakBytes);
  const longestMs = Math.max(...job.ms);
  const totalMs = job.ms.reduce((sum, each) => sum + each, 0);
  const count = job.ms.length;
  const all = job.ms.map((_, index) => index);
  const bounds: { place: Place; ms: number; usd: number }[] = [];
  for (const place of places) {
    const { kind, cpus, memoryBytes, clearance } = place;
    if (needBytes > memoryBytes || (!ignoresLabels && isLower(clearance, job.label))) continue;
    if (fn.cpus > cpus && !(kind === 'function' && fn.cpus <= 1)) continue;
    const slowdown = fn.cpus > cpus ? fn.cpus / cpus : 1;
    const { busyMs = 0 } = momentOf(job, place);
    if (kind === 'function' && longestMs * slowdown > 898_500) continue;
    const slots = slotsOf(place, { cpus: fn.cpus, memoryBytes: needBytes });
    const runMs = Math.max(longestMs, totalMs / Math.min(slots, count)) * slowdown;
    const isOwn = kind === 'host';
    const startMs = isOwn ? 0 : place.startMs * job.startFactor;
    const usd =
      kind === 'function'
        ? (totalMs * slowdown * place.usdPerHour) / 3_600_000
        : ((startMs + runMs + (isOwn ? 0 : idleTailMs)) * place.usdPerHour) / 3_600_000;
    bounds.push({ place, ms: startMs + busyMs + runMs, usd });
  }
  bounds.sort((a, b) => a[objective] - b[objective]);
  let best: Best | undefined;
  for (const { place, ms: leastMs, ...bound } of bounds) {
    if (best !== undefined && { usd: bound.usd, ms: leastMs }[objective] >= best[objective]) break;
    if (leastMs > deadlineMs) continue;
    const candidate = candidateOf(place, { cpus: fn.cpus, memoryBytes: needBytes }, momentOf(job, place, idleTailMs));
    const { ms, usd } = carryOut(job, all, place, { candidate, limitBytes: needBytes });
    const found = { place, ms, usd };
    if (ms <= deadlineMs && (best === undefined || found[objective] < best[objective])) best = found;
  }
  return best;
}
