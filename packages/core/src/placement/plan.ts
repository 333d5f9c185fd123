import { type ErrorCode, MegalithError } from '@megalith/agent';
import type { Candidate, JobRequest, ReasonCode } from '../backends/backend.js';
import type { Plan } from '../executor/types.js';
import type { Policy } from './policy.js';

/** What is to be placed. */
export type PlannedJob = Pick<JobRequest, 'name' | 'requirements' | 'label' | 'goal' | 'profile' | 'taskCount'> & {
  readonly labelRule: string;
};

/** Chooses where a job goes: pure, and the same for the same input in any order. */
export function plan(job: PlannedJob, candidates: readonly Candidate[], _policy: Policy): Plan {
  const { label, labelRule, goal, profile } = job;
  const chosen = candidates.find(candidate => candidate.rejected === undefined);
  const facts = { candidates, label, labelRule, goal, profile };
  if (chosen === undefined) {
    const reason = candidates.length === 0 ? 'no backend offers a place' : 'every candidate was rejected';
    return { chosen, reason, ...facts };
  }
  const passedOver = candidates.indexOf(chosen);
  const reason =
    candidates.length === 1
      ? `${chosen.description}: the only candidate`
      : `${chosen.description}: the first that can take it${passedOver === 0 ? '' : `, after ${passedOver} rejected`}`;
  return { chosen, reason, ...facts };
}

/** Reasons that are codes of errors too. */
const errorCodes: ReadonlySet<string> = new Set<ReasonCode & ErrorCode>([
  'POLICY',
  'OVER_MEMORY',
  'OVER_CPUS',
  'OVER_PAYLOAD',
  'OVER_BUDGET',
]);

/**
 * The chosen candidate of a plan.
 * @throws MegalithError NO_PLACEMENT, listing why each candidate was rejected; what the only candidate says, where that knows what to do; what kept a place
 * from saying what it has: it might have had room
 */
export function placeOf(plan: Plan, job: Pick<JobRequest, 'name'>): Candidate {
  if (plan.chosen !== undefined) return plan.chosen;
  const [only, ...others] = plan.candidates;
  const failed = plan.candidates.find(({ rejected }) => rejected?.code !== undefined)?.rejected;
  const told = failed ?? (others.length === 0 && only?.rejected?.hint !== undefined ? only.rejected : undefined);
  if (told !== undefined) {
    const { reason, explanation, hint, code = errorCodes.has(reason) ? (reason as ErrorCode) : 'NO_PLACEMENT' } = told;
    throw new MegalithError(code, explanation, { ...(hint === undefined ? {} : { hint }), details: { reason } });
  }
  const rejections = plan.candidates.map(({ backend, rejected }) => ({ backend, ...rejected }));
  const reasons = rejections.map(each => `${each.backend}: ${each.explanation} (${each.reason})`);
  const why = reasons.length === 0 ? plan.reason : reasons.join('; ');
  throw new MegalithError('NO_PLACEMENT', `no place can run "${job.name}": ${why}`, {
    hint: 'ask for less, or configure a backend that has more',
    details: { rejections },
  });
}
