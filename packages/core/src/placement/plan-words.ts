import type { Candidate, ReasonCode, Rejection } from '../backends/backend.js';
import { formatDuration } from '../config/duration.js';
import { formatUsd } from '../config/usd.js';
import type { Estimate } from './estimate.js';
import type { Goal } from './goal.js';
import { assumedTaskCount, type PlannedJob } from './planned-job.js';
import type { Estimated } from './rank.js';

/** @param dueMs what is held against the deadline */
export function goalMissed({ deadlineMs, budgetUsd }: Goal, estimate: Estimate, dueMs: number): Rejection | undefined {
  if (deadlineMs !== undefined && dueMs > deadlineMs) {
    const explanation = `takes up to ${formatDuration(dueMs)}, and the deadline is ${formatDuration(deadlineMs)}`;
    return { reason: 'MISSES_DEADLINE', explanation, hint: 'allow more time' };
  }
  if (budgetUsd !== undefined && estimate.slowUsd > budgetUsd) {
    const explanation = `costs up to ${formatUsd(estimate.slowUsd)}, and the budget is ${formatUsd(budgetUsd)}`;
    return { reason: 'OVER_BUDGET', explanation, hint: 'allow a larger budget' };
  }
  return undefined;
}

/** Why a candidate that could take the job lost against the chosen one. */
export function notTheBest(estimate: Estimate, chosen: Estimated, { objective }: Goal): Rejection {
  const best = chosen.estimate;
  const isDearer = estimate.usd > best.usd;
  const isSlower = estimate.ms > best.ms;
  const usd = formatUsd(estimate.usd);
  if (isDearer && (objective === 'cost' || !isSlower)) {
    const explanation = `costs ${usd}, ${formatUsd(estimate.usd - best.usd)} more than ${chosen.id}`;
    return { reason: 'DEARER', explanation };
  }
  const time = formatDuration(estimate.ms);
  if (isSlower) {
    const explanation = `takes about ${time}, ${formatDuration(estimate.ms - best.ms)} longer than ${chosen.id}`;
    return { reason: 'SLOWER', explanation };
  }
  return { reason: 'TIED', explanation: `costs ${usd} in about ${time}; ${chosen.id} costs the same and comes first` };
}

/** `lambda us-east-1 1769MiB: $0.004 in about 12s; the cheapest of 14 that can take it (3 rejected: POLICY 2, OVER_MEMORY 1)` */
export function chosenInWords(job: PlannedJob, chosen: Estimated, count: number, rejected: readonly Candidate[]) {
  const { goal, profile, taskCount } = job;
  const { usd, ms } = chosen.estimate;
  const caveats = [
    ...(profile.source === 'guess' ? ['nobody knows how long its tasks take'] : []),
    ...(taskCount === undefined ? [`${assumedTaskCount} tasks assumed`] : []),
  ];
  const caveat = caveats.length === 0 ? '' : ` (${caveats.join(', ')})`;
  const best = goal.objective === 'cost' ? 'the cheapest' : 'the fastest';
  const among = count === 1 ? 'the only one that can take it' : `${best} of ${count} that can take it`;
  const counted = rejected.length === 0 ? '' : ` (${rejected.length} rejected: ${countsInWords(rejected)})`;
  return `${chosen.id}: ${usd === 0 ? 'free, ' : `${formatUsd(usd)} `}in about ${formatDuration(ms)}${caveat}; ${among}${counted}`;
}

export function noneInWords({ label, labelRule }: PlannedJob, rejected: readonly Candidate[], isPolicy: boolean) {
  if (rejected.length === 0) return 'no backend offers a place';
  const counted = `${rejected.length} rejected: ${countsInWords(rejected)}`;
  return isPolicy
    ? `no place that has room for it may have its data, which is ${label}: ${labelRule} (${counted})`
    : `every candidate was rejected (${counted})`;
}

/** `POLICY 2, OVER_MEMORY 1`, the most frequent first. */
function countsInWords(rejected: readonly Candidate[]): string {
  const counts = new Map<ReasonCode, number>();
  for (const { rejected: rejection } of rejected) {
    if (rejection !== undefined) counts.set(rejection.reason, (counts.get(rejection.reason) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return sorted.map(([reason, count]) => `${reason} ${count}`).join(', ');
}
