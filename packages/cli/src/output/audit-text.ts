import type { AuditProblem, AuditRecord, AuditVerdict, PlacementEntry } from '@megalith/core';
import { table } from './table.js';

/** The listing of `megalith audit show`. */
export function auditTable(entries: readonly AuditRecord[]): string {
  const columns = [
    { heading: 'ENTRY', align: 'right' as const },
    { heading: 'AT' },
    { heading: 'WHO' },
    { heading: 'WHAT' },
    { heading: 'LABEL' },
    { heading: 'ABOUT' },
    { heading: 'HOW' },
  ];
  return table(
    columns,
    entries.map(entry => [String(entry.seq), entry.at, entry.who, entry.kind, ...factsOf(entry).map(oneLine)]),
  );
}

/** What `megalith audit verify` says of a log that is as it was written. */
export function verdictText({ entries, head, unfinishedBytes, knownEntry }: AuditVerdict): string {
  const known = knownEntry === undefined ? '' : `, and goes back to entry ${knownEntry}, whose hash was given`;
  const lines = [`the audit log is whole: ${counted(entries, 'entry', 'entries')}${known}`];
  if (unfinishedBytes !== undefined)
    lines.push(
      `behind them ${unfinishedBytes === 1 ? 'is' : 'are'} ${counted(unfinishedBytes, 'byte', 'bytes')} of an entry that nobody finished`,
    );
  lines.push(`head ${head}`);
  return `${lines.join('\n')}\n`;
}

/** And of one that is not. */
export function problemText({ entries }: AuditVerdict, { file, line, what }: AuditProblem): string {
  const place = line === undefined ? `"${file}"` : `line ${line} of "${file}"`;
  const good =
    entries === 0
      ? 'no entry before it is good'
      : `the ${counted(entries, 'entry', 'entries')} before it ${entries === 1 ? 'is' : 'are'} as written`;
  return `error: the audit log was changed: ${place} ${what}; ${good}\nhint: keep the folder as it is, for who looks into it\n`;
}

/** Label, what it is about, and how. */
function factsOf(entry: AuditRecord): readonly [string, string, string] {
  switch (entry.kind) {
    case 'placement':
      return [entry.label, jobText(entry), `${placesOf(entry)}: ${entry.reason}; ${entry.rule}`];
    case 'refusal':
      return [entry.label, jobText(entry), `${entry.code}: ${entry.reason}; ${entry.rule}`];
    case 'escalation':
      return [
        entry.label,
        `${jobText(entry)}, task ${entry.task}`,
        `${entry.from} → ${entry.candidate}: ${entry.reason}`,
      ];
    case 'declassify':
      return [`${entry.was} → ${entry.to}`, entry.what.join(', '), entry.reason];
    case 'label':
      return [entry.label, entry.paths.join(', '), entry.from];
    case 'torn':
      return ['-', entry.file, `${counted(entry.bytes, 'byte', 'bytes')} of an entry that nobody finished`];
  }
}

function placesOf({ candidate, others = [] }: PlacementEntry): string {
  return [candidate, ...others.map(other => other.candidate)].join(' + ');
}

function jobText({ job, name }: { readonly job: string; readonly name: string }): string {
  return `${name} (${job})`;
}

/** Names and reasons may hold anything: a line feed would look like an entry. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
