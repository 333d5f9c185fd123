import { type Candidate, type CandidateKind, candidateKinds, type ReasonCode } from '../backends/backend.js';
import type { Estimate } from './estimate.js';
import type { Goal } from './goal.js';

/** A candidate that could take the job. */
export type Estimated = Candidate & { readonly estimate: Estimate };

/** Estimates are not exact: so much above the least counts as the same, one hundredth. */
export const countsAsSame = 0.01;

/**
 * Candidates in the order in which they are preferred. Of those that cost the same as the cheapest, what is nearer comes first, then what is faster: a
 * job that is free where its files are does not travel, and a function with little memory, and as little processor, saves nothing. Of those that are as
 * fast as the fastest, what is cheaper comes first, then what is nearer. Names make the order the same whatever order the candidates came in.
 */
export function ranked(candidates: readonly Estimated[], objective: Goal['objective']): Estimated[] {
  const first = objective === 'cost' ? usdOf : msOf;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) least = Math.min(least, first(candidate));
  const mostSame = least * (1 + countsAsSame);
  const best = candidates.filter(candidate => first(candidate) <= mostSame);
  const others = candidates.filter(candidate => first(candidate) > mostSame);
  best.sort(
    objective === 'cost'
      ? (a, b) => kindOrder(a, b) || msOf(a) - msOf(b) || usdOf(a) - usdOf(b) || compareNames(a, b)
      : (a, b) => usdOf(a) - usdOf(b) || kindOrder(a, b) || msOf(a) - msOf(b) || compareNames(a, b),
  );
  const second = objective === 'cost' ? msOf : usdOf;
  others.sort((a, b) => first(a) - first(b) || kindOrder(a, b) || second(a) - second(b) || compareNames(a, b));
  return [...best, ...others];
}

const usdOf = ({ estimate }: Estimated): number => estimate.usd;
const msOf = ({ estimate }: Estimated): number => estimate.ms;

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
  'REGION',
  'POLICY',
];
const severityOf = new Map(severity.map((reason, index) => [reason, index]));

/** The order of rejected candidates: by what spoke against them, the least first. */
export function compareRejected(a: Candidate, b: Candidate): number {
  return rejectedAs(a) - rejectedAs(b) || kindOrder(a, b) || compareNames(a, b);
}

function rejectedAs({ rejected }: Candidate): number {
  return rejected === undefined ? -1 : severityOf.get(rejected.reason)!;
}

const orderOf = new Map(candidateKinds.map((kind, index) => [kind, index]));

function kindOrder(a: Candidate, b: Candidate): number {
  return orderOf.get(a.kind)! - orderOf.get(b.kind)!;
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
