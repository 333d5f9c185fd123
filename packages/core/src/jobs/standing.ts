import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ControlEntry,
  type JobFolder,
  JobTally,
  journalPath,
  lastActiveAt,
  mayBeRunning,
  readJsonFile,
  tallied,
  unlessMissing,
  writeFileAtomically,
} from '@megalith/agent';
import type { JobReport } from './job-report.js';
import { readPages } from './read-pages.js';

/** How a job stands, as against what it was asked to do. */
export type Standing = Pick<
  JobReport,
  'state' | 'endedAt' | 'counts' | 'failures' | 'failure' | 'durations' | 'peakMemoryBytes'
>;

/**
 * From the summary of an ended job; from the journal of a running one; from the journal of a lost one too, but only the first
 * time.
 * @throws MegalithError JOURNAL_FAILED
 */
export async function standingOf(job: JobFolder): Promise<Standing> {
  if (job.summary) return job.summary;
  return mayBeRunning(job) ? scan(job) : lostStanding(job);
}

/** Asked before the journal is read, as the host may end meanwhile. */
async function scan(job: JobFolder): Promise<Standing> {
  const tally = new JobTally();
  for await (const page of readPages(job)) {
    if (page.kind === 'records') for (const record of page.records) tally.add(record);
    else if (page.entry.type === 'ended') return endedStanding(page.entry, tally);
    else addControl(tally, page.entry);
  }
  return { state: 'running', ...tallied(tally) };
}

function addControl(tally: JobTally, entry: ControlEntry): void {
  if (entry.type === 'taskCount') tally.complete(entry.taskCount);
  else if (entry.type === 'omitted') tally.done(entry.index);
}

/** The job ended, and its summary was not (yet) written. */
function endedStanding(entry: ControlEntry & { type: 'ended' }, tally: JobTally): Standing {
  const { state, at, counts, failure } = entry;
  return { ...tallied(tally), state, endedAt: new Date(at).toISOString(), counts, ...(failure && { failure }) };
}

interface KeptScan {
  readonly journalBytes: number;
  readonly standing: Standing;
}

async function lostStanding(job: JobFolder): Promise<Standing> {
  const path = join(job.dir, 'scan.json');
  const journalBytes = await journalSize(job);
  const kept = (await readJsonFile(path)) as KeptScan | undefined;
  if (kept?.journalBytes === journalBytes) return kept.standing;
  const endedAt = new Date(await lastActiveAt(job)).toISOString();
  const found = await scan(job);
  const standing: Standing =
    found.state === 'running' ? { ...found, state: 'lost', endedAt, counts: { ...found.counts, running: 0 } } : found;
  await keep(path, { journalBytes, standing });
  return standing;
}

async function journalSize(job: JobFolder): Promise<number> {
  return (await unlessMissing(stat(journalPath(job.dir))))?.size ?? 0;
}

/** A home that can't be written, or no longer holds the job, only costs the next reader a scan. */
async function keep(path: string, scanned: KeptScan): Promise<void> {
  try {
    await writeFileAtomically(path, JSON.stringify(scanned));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!['EACCES', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOENT'].includes(code ?? '')) throw error;
  }
}
