import { type Candidate, formatSize, type Plan } from '@megalith/core';
import { table } from './table.js';

/** A plan for people: every candidate with what it has, and why it was or was not chosen. */
export function planText(plan: Plan): string {
  const columns = [
    { heading: '' },
    { heading: 'BACKEND' },
    { heading: 'CPUS', align: 'right' as const },
    { heading: 'MEMORY', align: 'right' as const },
    { heading: 'SLOTS', align: 'right' as const },
    { heading: 'USD/H', align: 'right' as const },
    { heading: 'WHY' },
  ];
  const rows = plan.candidates.map(candidate => [
    candidate === plan.chosen ? '>' : '',
    candidate.backend,
    String(candidate.cpus),
    formatSize(candidate.usableMemoryBytes),
    String(candidate.slots),
    candidate.usdPerHour === 0 ? '-' : candidate.usdPerHour.toFixed(2),
    reasonText(candidate, plan),
  ]);
  return `${table(columns, rows)}${plan.reason}\n`;
}

function reasonText(candidate: Candidate, plan: Plan): string {
  if (candidate.rejected !== undefined) return `${candidate.rejected.reason}: ${candidate.rejected.explanation}`;
  return candidate === plan.chosen ? 'chosen' : 'possible';
}
