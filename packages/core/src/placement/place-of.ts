import { type ErrorCode, MegalithError } from '@megalith/agent';
import type { Candidate, JobRequest, ReasonCode } from '../backends/backend.js';
import type { Plan } from '../executor/types.js';

/** Reasons that are codes of errors too. */
const errorCodes: ReadonlySet<string> = new Set<ReasonCode & ErrorCode>([
  'POLICY',
  'OVER_MEMORY',
  'OVER_CPUS',
  'OVER_PAYLOAD',
  'OVER_BUDGET',
]);

/** More reasons than these would hide each other. */
const mostTold = 8;

/**
 * The chosen candidate of a plan.
 * @throws MegalithError NO_PLACEMENT, listing why each candidate was rejected; POLICY where it is the policy alone that keeps the job from every place
 * with room for it; what the only candidate says, where that knows what to do; what kept a place from saying what it has: it might have had room
 */
export function placeOf(plan: Plan, { name }: Pick<JobRequest, 'name'>): Candidate {
  const { chosen, candidates, isPolicy = false, label } = plan;
  if (chosen !== undefined) return chosen;
  const [only, ...others] = candidates;
  const silent = candidates.find(({ rejected }) => rejected?.code !== undefined)?.rejected;
  const told = silent ?? (others.length === 0 && only?.rejected?.hint !== undefined ? only.rejected : undefined);
  if (told !== undefined) {
    const { reason, explanation, hint } = told;
    const byReason = errorCodes.has(reason) ? (reason as ErrorCode) : 'NO_PLACEMENT';
    const code = told.code ?? (isPolicy ? 'POLICY' : byReason);
    throw new MegalithError(code, explanation, { ...(hint === undefined ? {} : { hint }), details: { reason } });
  }
  const why = candidates.length === 0 ? plan.reason : reasonsInWords(candidates);
  const rejections = candidates.map(({ backend, id, rejected }) => ({ backend, id, ...rejected }));
  const details = { rejections };
  if (isPolicy) {
    throw new MegalithError('POLICY', `no place may run "${name}", which is ${label} (${plan.labelRule}): ${why}`, {
      hint: 'give it a place that is cleared for its data, or declassify what it reads',
      details,
    });
  }
  const hints = new Set(candidates.map(({ rejected }) => rejected?.hint));
  const [hint] = hints;
  throw new MegalithError('NO_PLACEMENT', `no place can run "${name}": ${why}`, {
    hint: hints.size === 1 && hint !== undefined ? hint : 'ask for less, or configure a backend that has more',
    details,
  });
}

/** Those that were nearest to taking it first. A backend with one candidate is known by its name. */
function reasonsInWords(candidates: readonly Candidate[]): string {
  const perBackend = new Map<string, number>();
  for (const { backend } of candidates) perBackend.set(backend, (perBackend.get(backend) ?? 0) + 1);
  const told = candidates.slice(0, mostTold).map(({ backend, id, rejected }) => {
    const place = perBackend.get(backend) === 1 ? backend : id;
    return `${place}: ${rejected?.explanation} (${rejected?.reason})`;
  });
  const left = candidates.length - told.length;
  return [...told, ...(left === 0 ? [] : [`and ${left} more`])].join('; ');
}
