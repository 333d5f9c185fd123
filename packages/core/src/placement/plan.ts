import type { Candidate, Rejection } from '../backends/backend.js';
import type { Plan } from '../executor/types.js';
import { capacityFilter } from './capacity-filter.js';
import { certainMs, estimateFor } from './estimate.js';
import { chosenInWords, goalMissed, noneInWords, notTheBest } from './plan-words.js';
import type { PlannedJob } from './planned-job.js';
import type { Policy } from './policy.js';
import { policyFilter } from './policy-filter.js';
import { compareRejected, type Estimated, ranked } from './rank.js';
import { workloadOf } from './workload.js';

export { placeOf } from './place-of.js';
export type { PlannedJob } from './planned-job.js';

/**
 * Chooses where a job goes: pure, and the same for the same candidates in any order.
 *
 * First what is no matter of cost: `POLICY`, `REGION`, what the candidate's backend says of itself, `OVER_MEMORY`, `OVER_CPUS`, `OVER_TIME`,
 * `OVER_DISK`, `OVER_PAYLOAD`, in this order. Then the goal's limits, `MISSES_DEADLINE` and `OVER_BUDGET`. They bind both objectives, and are held
 * against the time and cost of slow tasks, so that they are kept nine times of ten; where how long tasks take is a mere guess, a deadline is held
 * only against the time until the first can begin. Of what remains the best by the objective is chosen.
 * @param candidates as backends offer them
 */
export function plan(job: PlannedJob, candidates: readonly Candidate[], policy: Policy): Plan {
  const { label, labelRule, goal, profile } = job;
  const againstPolicy = policyFilter(job, policy);
  const overCapacity = capacityFilter(job);
  const workload = workloadOf(job);
  const possible: Estimated[] = [];
  const missing: Candidate[] = [];
  const rejected: Candidate[] = [];
  /** Whether the policy alone keeps the job from running. */
  let isBarred = false;
  for (const candidate of candidates) {
    const barred = againstPolicy(candidate);
    const unfit = candidate.rejected ?? overCapacity(candidate);
    if (barred !== undefined && unfit === undefined) isBarred = true;
    const rejection = barred ?? unfit;
    if (rejection !== undefined) {
      rejected.push({ ...candidate, rejected: rejection });
      continue;
    }
    const estimate = estimateFor([workload], candidate);
    const dueMs = workload.isGuess ? certainMs(candidate, workload) : estimate.slowMs;
    const missed: Rejection | undefined = goalMissed(goal, estimate, dueMs);
    if (missed === undefined) possible.push({ ...candidate, estimate });
    else missing.push({ ...candidate, estimate, rejected: missed });
  }
  const [chosen, ...others] = ranked(possible, goal.objective);
  const spoken = [...missing, ...rejected].sort(compareRejected);
  const facts = { label, labelRule, goal, profile };
  if (chosen === undefined) {
    const isPolicy = isBarred && missing.length === 0;
    return { chosen, candidates: spoken, reason: noneInWords(job, spoken, isPolicy), isPolicy, ...facts };
  }
  const losers = others.map(each => ({ ...each, rejected: notTheBest(each, chosen, goal) }));
  const reason = chosenInWords(job, chosen, possible.length, spoken);
  return { chosen, candidates: [chosen, ...losers, ...spoken], reason, ...facts };
}
