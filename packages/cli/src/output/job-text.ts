import { formatDuration, formatSize, type JobListing, type JobReport } from '@megalith/core';
import type { FoundReport, ListedJob } from '@megalith/standalone';
import { table } from './table.js';

/** The listing of `megalith jobs`. @param now epoch milliseconds */
export function jobTable(jobs: readonly ListedJob[], now: number): string {
  const columns = [
    { heading: 'ID' },
    { heading: 'STATE' },
    { heading: 'TASKS', align: 'right' as const },
    { heading: 'FAILED', align: 'right' as const },
    { heading: 'STARTED' },
    { heading: 'TOOK', align: 'right' as const },
    { heading: 'WHERE' },
    { heading: 'NAME' },
  ];
  const rows = jobs.map(job => [
    job.id,
    stateText(job),
    job.counts.complete ? String(job.counts.total) : `${job.counts.total}+`,
    String(job.counts.failed),
    ago(job.createdAt, now),
    formatDuration(took(job, now)),
    job.where.join(','),
    oneLine(job.name),
  ]);
  return table(columns, rows);
}

/** What `megalith jobs show` says. */
export function jobText(job: FoundReport, now: number): string {
  const { counts } = job;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['id', job.id],
    ['name', oneLine(job.name)],
    ['state', job.state],
    [
      'tasks',
      `${counts.complete ? '' : 'at least '}${counts.total}: ${counts.done} done, ${counts.failed} failed, ${counts.cancelled} cancelled, ${counts.running} running`,
    ],
    ['started', `${job.createdAt} (${ago(job.createdAt, now)})`],
    ['took', formatDuration(took(job, now))],
    ['cpu time', job.durations === undefined ? undefined : formatDuration(job.durations.cpuMs)],
    ['peak memory', job.peakMemoryBytes === undefined ? undefined : `${formatSize(job.peakMemoryBytes)} (one task)`],
    ['asked for', requirementsText(job)],
    ['tags', job.tags.length === 0 ? undefined : job.tags.join(', ')],
    ['folder', job.cwd],
    ['where', job.where.join(', ')],
    ['machine', `${job.hostname}, process ${job.pid}`],
    ['could not run', job.failure === undefined ? undefined : `${job.failure.message} (${job.failure.code})`],
  ];
  const known = facts.filter((fact): fact is readonly [string, string] => fact[1] !== undefined);
  const width = Math.max(...known.map(([name]) => name.length));
  const lines = known.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`);
  const failures = job.failures.map(
    failure => `  task ${failure.index}, attempt ${failure.attempt}: ${failure.code}: ${failure.message}\n`,
  );
  return [...lines, ...(failures.length === 0 ? [] : ['first failures:\n', ...failures])].join('');
}

/** A job that runs may have nothing to run with. */
function stateText({ state, place, waitsFor }: ListedJob): string {
  if (waitsFor !== undefined) return `waiting for ${waitsFor}`;
  return place === undefined ? state : `queued (${ordinal(place)})`;
}

function ordinal(n: number): string {
  const isTeen = n % 100 > 10 && n % 100 < 14;
  return `${n}${(isTeen ? undefined : ['th', 'st', 'nd', 'rd'][n % 10]) ?? 'th'}`;
}

function requirementsText({ requirements }: JobReport): string {
  const parts = [`${requirements.cpus} cpu${requirements.cpus === 1 ? '' : 's'}`];
  if (requirements.memoryBytes !== undefined) parts.push(formatSize(requirements.memoryBytes));
  if (requirements.timeoutMs !== undefined) parts.push(`at most ${formatDuration(requirements.timeoutMs)}`);
  return `${parts.join(', ')} a task`;
}

function took(job: JobListing, now: number): number {
  const end = job.endedAt === undefined ? now : Date.parse(job.endedAt);
  return Math.max(0, end - Date.parse(job.createdAt));
}

function ago(at: string, now: number): string {
  const ms = now - Date.parse(at);
  return ms < 1000 ? 'just now' : `${formatDuration(Math.floor(ms / 1000) * 1000)} ago`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
