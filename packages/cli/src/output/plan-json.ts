import type { Candidate, Plan } from '@megalith/core';

/** A plan as programs get it. */
export function planJson({ chosen, candidates, parts, ...plan }: Plan): object {
  return {
    chosen: chosen === undefined ? null : candidateJson(chosen),
    candidates: candidates.map(candidateJson),
    parts: parts?.map(({ candidate, tasks, estimate }) => ({ id: candidate.id, tasks, estimate })) ?? null,
    reason: plan.reason,
    label: plan.label,
    labelRule: plan.labelRule,
    goal: plan.goal,
    profile: plan.profile,
  };
}

function candidateJson(candidate: Candidate): object {
  return {
    backend: candidate.backend,
    id: candidate.id,
    kind: candidate.kind,
    site: candidate.site,
    description: candidate.description,
    cpus: candidate.cpus,
    memoryBytes: candidate.usableMemoryBytes,
    slots: candidate.slots,
    usdPerHour: candidate.usdPerHour,
    startMs: candidate.startMs,
    estimate: candidate.estimate ?? null,
    rejected: candidate.rejected ?? null,
  };
}
