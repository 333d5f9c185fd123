import type { ErrorCode } from '@megalith/agent';
import type { Candidate, ReasonCode } from '../backends/backend.js';
import type { Plan } from '../executor/types.js';
import type { EscalationEntry, PlacementEntry, RefusalEntry, RejectedCounts } from './audit-entry.js';

/** The job that a plan is for. */
export interface AuditedJob {
  readonly id: string;
  readonly name: string;
  /** The function, or the program of a command: without arguments. */
  readonly work: string;
}

/**
 * What the log says of a plan: where the job goes, or that it goes nowhere.
 * @param probe where the first tasks go
 */
export function planEntry(job: AuditedJob, plan: Plan, probe?: Candidate): PlacementEntry | RefusalEntry {
  const { chosen, reason } = plan;
  if (chosen === undefined) return refusalEntry(job, plan, 'NO_PLACEMENT', reason);
  const places = [...(plan.parts ?? []).map(({ candidate }) => candidate), ...(probe === undefined ? [] : [probe])];
  const others = [...new Map(places.map(place => [place.id, place])).values()].filter(({ id }) => id !== chosen.id);
  return {
    kind: 'placement',
    ...factsOf(job, plan),
    ...placeFacts(chosen),
    ...(others.length === 0 ? {} : { others: others.map(placeFacts) }),
    reason,
    rejected: rejectedBy(plan),
    goal: plan.goal,
  };
}

/** For a job that was refused, by the plan or by a gate behind it. */
export function refusalEntry(job: AuditedJob, plan: Plan, code: ErrorCode, reason: string): RefusalEntry {
  return { kind: 'refusal', ...factsOf(job, plan), code, reason, rejected: rejectedBy(plan), goal: plan.goal };
}

/** For a task that goes to the place that `plan` chose, since it failed at another. Undefined where the plan has none. */
export function escalationEntry(
  job: AuditedJob,
  plan: Plan,
  { task, from }: Pick<EscalationEntry, 'task' | 'from'>,
): EscalationEntry | undefined {
  if (plan.chosen === undefined) return undefined;
  const place = { ...placeFacts(plan.chosen), reason: plan.reason };
  return { kind: 'escalation', ...factsOf(job, plan), task, from, ...place };
}

function factsOf({ id, name, work }: AuditedJob, { label, labelRule }: Plan) {
  return { job: id, name, work, label, rule: labelRule };
}

function placeFacts({ id, site }: Candidate): Pick<PlacementEntry, 'candidate' | 'site' | 'clearance'> {
  return { candidate: id, site: site.name, clearance: site.clearance };
}

function rejectedBy({ candidates }: Plan): RejectedCounts {
  const counts: Partial<Record<ReasonCode, number>> = {};
  for (const { rejected } of candidates) {
    if (rejected !== undefined) counts[rejected.reason] = (counts[rejected.reason] ?? 0) + 1;
  }
  return counts;
}
