import type { Candidate, Rejection } from '../backends/backend.js';
import type { Plan } from '../executor/types.js';
import { capacityFilter } from './capacity-filter.js';
import { certainMs, estimateFor } from './estimate.js';
import { estimatedAt, passedOver, rejectedFor } from './judged.js';
import { chosenInWords, goalMissed, noneInWords, notTheBest } from './plan-words.js';
import type { PlannedJob } from './planned-job.js';
import type { Policy } from './policy.js';
import { policyFilter } from './policy-filter.js';
import { leastRejectedFirst, type Ranked, ranked, rankedAs } from './rank.js';
import { workloadOf } from './workload.js';

export { placeOf } from './place-of.js';
export type { PlannedJob } from './planned-job.js';

/**
 * Chooses where a job goes: pure, and the same for the same candidates in any order.
 *
 * First what is no matter of cost: `POLICY`, `REGION`, `OUT_OF_REACH`, what the candidate's backend says of itself, `OVER_MEMORY`, `OVER_CPUS`, `OVER_TIME`,
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
  const possible: Ranked[] = [];
  const missing: Candidate[] = [];
  const rejected: Candidate[] = [];
  /** Whether the policy alone keeps the job from running. */
  let isBarred = false;
  for (const candidate of candidates) {
    const barred = againstPolicy(candidate);
    const unfit = outOfReach(job, candidate) ?? candidate.rejected ?? overCapacity(candidate);
    if (barred !== undefined && unfit === undefined) isBarred = true;
    const rejection = barred ?? unfit;
    if (rejection !== undefined) {
      rejected.push(rejectedFor(candidate, rejection));
      continue;
    }
    const estimate = estimateFor([{ workload, slots: candidate.slots }], candidate);
    const dueMs = workload.isGuess ? certainMs(candidate, workload) : estimate.slowMs;
    const missed: Rejection | undefined = goalMissed(goal, estimate, dueMs);
    if (missed === undefined) possible.push(rankedAs(candidate, estimate));
    else missing.push(passedOver(candidate, estimate, missed));
  }
  const [best, ...others] = ranked(possible, goal.objective);
  const spoken = leastRejectedFirst([...missing, ...rejected]);
  const facts = { label, labelRule, goal, profile };
  if (best === undefined) {
    const isPolicy = isBarred && missing.length === 0;
    return { chosen: undefined, candidates: spoken, reason: noneInWords(job, spoken, isPolicy), isPolicy, ...facts };
  }
  const chosen = estimatedAt(best.candidate, best.estimate);
  const losers = others.map(({ candidate, estimate }) =>
    passedOver(candidate, estimate, notTheBest(estimate, chosen, goal)),
  );
  const reason = chosenInWords(job, chosen, possible.length, spoken);
  return { chosen, candidates: [chosen, ...losers, ...spoken], reason, ...facts };
}

/** What the tasks of some jobs read is on this machine only. */
function outOfReach({ onlyHere }: PlannedJob, { site }: Candidate): Rejection | undefined {
  if (onlyHere === undefined || site.kind === 'here') return undefined;
  return {
    reason: 'OUT_OF_REACH',
    explanation: onlyHere,
    hint: "let it run here ('local', 'auto'), or read from a store that tasks can reach",
  };
}
