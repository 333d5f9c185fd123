import { type Candidate, type CandidateKind, candidateKinds, type ReasonCode } from '../backends/backend.js';
import type { Estimate } from './estimate.js';
import type { Goal } from './goal.js';

/** A candidate that could take the job. */
export type Estimated = Candidate & { readonly estimate: Estimate };

/** A candidate with what ranks it, in one shape whatever the candidate has: thousands are compared. */
export interface Ranked {
  readonly candidate: Candidate;
  readonly estimate: Estimate;
  readonly usd: number;
  readonly ms: number;
  readonly kind: number;
}

export function rankedAs(candidate: Candidate, estimate: Estimate): Ranked {
  return { candidate, estimate, usd: estimate.usd, ms: estimate.ms, kind: orderOf.get(candidate.kind)! };
}

/** Estimates are not exact: so much above the least counts as the same, one hundredth. */
export const countsAsSame = 0.01;

/**
 * Candidates in the order in which they are preferred. Of those that cost the same as the cheapest, what is nearer comes first, then what is faster: a
 * job that is free where its files are does not travel, and a function with little memory, and as little processor, saves nothing. Of those that are as
 * fast as the fastest, what is cheaper comes first, then what is nearer. Names make the order the same whatever order the candidates came in.
 */
export function ranked(all: readonly Ranked[], objective: Goal['objective']): Ranked[] {
  const isCost = objective === 'cost';
  let least = Number.POSITIVE_INFINITY;
  for (const { usd, ms } of all) least = Math.min(least, isCost ? usd : ms);
  const mostSame = least * (1 + countsAsSame);
  const best: Ranked[] = [];
  const others: Ranked[] = [];
  for (const one of all) ((isCost ? one.usd : one.ms) <= mostSame ? best : others).push(one);
  best.sort(
    isCost
      ? (a, b) => a.kind - b.kind || a.ms - b.ms || a.usd - b.usd || compareNames(a.candidate, b.candidate)
      : (a, b) => a.usd - b.usd || a.kind - b.kind || a.ms - b.ms || compareNames(a.candidate, b.candidate),
  );
  others.sort(
    isCost
      ? (a, b) => a.usd - b.usd || a.kind - b.kind || a.ms - b.ms || compareNames(a.candidate, b.candidate)
      : (a, b) => a.ms - b.ms || a.usd - b.usd || a.kind - b.kind || compareNames(a.candidate, b.candidate),
  );
  return [...best, ...others];
}

/** From what could be mended most easily, to what must not be. */
const severity: readonly ReasonCode[] = [
  'TIED',
  'DEARER',
  'SLOWER',
  'MISSES_DEADLINE',
  'OVER_BUDGET',
  'NO_CAPACITY',
  'QUOTA',
  'OVER_PAYLOAD',
  'OVER_TIME',
  'OVER_DISK',
  'OVER_CPUS',
  'OVER_MEMORY',
  'NOT_CONFIGURED',
  'OUT_OF_REACH',
  'REGION',
  'POLICY',
];
const severityOf = new Map(severity.map((reason, index) => [reason, index]));

const orderOf = new Map(candidateKinds.map((kind, index) => [kind, index]));

/** Rejected candidates by what spoke against them, the least first. */
export function leastRejectedFirst(candidates: readonly Candidate[]): Candidate[] {
  const all = candidates.map(candidate => ({
    candidate,
    severity: candidate.rejected === undefined ? -1 : severityOf.get(candidate.rejected.reason)!,
    kind: orderOf.get(candidate.kind)!,
  }));
  all.sort((a, b) => a.severity - b.severity || a.kind - b.kind || compareNames(a.candidate, b.candidate));
  return all.map(({ candidate }) => candidate);
}

/** Ids are unique; where a backend gives one twice, the rest of what is told decides. */
function compareNames(a: Candidate, b: Candidate): number {
  return compareText(a.id, b.id) || compareText(a.backend, b.backend) || compareText(a.description, b.description);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Whether any candidate of the kinds that were not asked for yet could be better than the best so far. Where money counts, nothing beats what is free
 * and nearer, so that slow backends need not be asked.
 * @param best the chosen candidate of a plan
 */
export function canBeBeaten(best: Candidate, kindsLeft: readonly CandidateKind[], { objective }: Goal): boolean {
  if (kindsLeft.length === 0) return false;
  const isFree = best.estimate?.usd === 0 && best.rejected === undefined;
  if (objective !== 'cost' || !isFree) return true;
  return kindsLeft.some(kind => orderOf.get(kind)! <= orderOf.get(best.kind)!);
}
