import { type Candidate, formatDuration, formatSize, formatUsd, type JobProfile, type Plan } from '@megalith/core';
import { type Column, table } from './table.js';

export interface PlanView {
  /** Undefined where the end of the input is not known yet. */
  readonly tasks?: number;
  /** Every candidate, and not only the first. */
  readonly all: boolean;
}

/** So many tell what the choice was between; of a cloud with all its sizes there are hundreds. */
const shown = 12;

const columns: readonly Column[] = [
  { heading: '' },
  { heading: 'BACKEND' },
  { heading: 'WHERE' },
  { heading: 'CPUS', align: 'right' },
  { heading: 'MEMORY', align: 'right' },
  { heading: 'SLOTS', align: 'right' },
  { heading: 'COST', align: 'right' },
  { heading: 'TIME', align: 'right' },
  { heading: 'WHY' },
];

/** A plan for people: every candidate with what the job would take there, and why it was or was not chosen. */
export function planText(plan: Plan, { tasks, all }: PlanView): string {
  const first = all ? plan.candidates : plan.candidates.slice(0, shown);
  const rest = plan.candidates.slice(first.length);
  return [
    first.length === 0
      ? ''
      : table(
          columns,
          first.map(candidate => rowOf(candidate, plan)),
        ),
    rest.length === 0 ? '' : `and ${rest.length} more: ${countsText(rest)} (all with --all)\n`,
    `label: ${plan.label} (${plan.labelRule})\n`,
    `tasks: ${tasksText(tasks, plan.profile)}\n`,
    `${plan.reason}\n`,
  ].join('');
}

function rowOf(candidate: Candidate, plan: Plan): readonly string[] {
  const part = plan.parts?.find(one => one.candidate.id === candidate.id);
  const { estimate } = part ?? candidate;
  const why = part === undefined ? whyText(candidate, plan) : `chosen for ${part.tasks} of the tasks`;
  return [
    why.startsWith('chosen') ? '>' : '',
    candidate.backend,
    candidate.id,
    String(candidate.cpus),
    formatSize(candidate.usableMemoryBytes),
    String(candidate.slots),
    costText(candidate, estimate),
    estimate === undefined ? '-' : formatDuration(estimate.ms),
    why,
  ];
}

function costText({ billing }: Candidate, estimate: Candidate['estimate']): string {
  if (estimate === undefined) return '-';
  return billing.per === 'nothing' ? 'free' : formatUsd(estimate.usd);
}

function whyText({ id, rejected }: Candidate, { chosen, parts = [] }: Plan): string {
  if (id === chosen?.id && parts.length === 0) return 'chosen';
  return rejected === undefined ? 'possible' : `${rejected.reason}: ${rejected.explanation}`;
}

/** `DEARER 180, OVER_MEMORY 33`: the most frequent first. */
function countsText(candidates: readonly Candidate[]): string {
  const counts = new Map<string, number>();
  for (const { rejected } of candidates) {
    const reason = rejected?.reason ?? 'possible';
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a, some], [b, others]) => others - some || (a < b ? -1 : 1))
    .map(([reason, count]) => `${reason} ${count}`)
    .join(', ');
}

const sources: Readonly<Record<Exclude<JobProfile['source'], 'guess'>, string>> = {
  said: 'as was said',
  history: 'by earlier runs',
  probe: 'by the first of them',
};

function tasksText(tasks: number | undefined, { taskMs, source, memoryBytes }: JobProfile): string {
  const count = tasks === undefined ? 'as many as there will be' : String(tasks);
  const each = `${tasks === 1 ? '' : 'each '}about ${formatDuration(taskMs.p50)}`;
  const slow = taskMs.p90 > taskMs.p50 ? ` (the slowest tenth ${formatDuration(taskMs.p90)})` : '';
  const memory = memoryBytes === undefined ? '' : ` with ${formatSize(memoryBytes)}`;
  if (source === 'guess') return `${count}, ${each}${memory}, which is a guess: --expected tells`;
  return `${count}, ${each}${slow}${memory}, ${sources[source]}`;
}
