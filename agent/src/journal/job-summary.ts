import { join } from 'node:path';
import type { Failure } from '../protocol/messages.js';
import { readJsonFile } from './job-description.js';
import type { FailureNote, JobCounts, JobDurations, JobOutcome, JobTally } from './job-tally.js';

/** What `summary.json` holds: written once, when the job has ended, so that listings need not read journals. */
export interface JobSummary {
  readonly state: JobOutcome;
  /** ISO 8601. */
  readonly endedAt: string;
  readonly counts: JobCounts;
  /** The first that stand, by index. */
  readonly failures: readonly FailureNote[];
  /** Why the job as a whole could not run. */
  readonly failure?: Pick<Failure, 'code' | 'message' | 'hint'>;
  /** The highest memory of any one task, bytes. */
  readonly peakMemoryBytes?: number;
  readonly durations?: JobDurations;
}

export function summaryPath(folder: string): string {
  return join(folder, 'summary.json');
}

/** The summary in a job's folder; undefined where the job has not ended. */
export async function readSummary(folder: string): Promise<JobSummary | undefined> {
  return (await readJsonFile(summaryPath(folder))) as JobSummary | undefined;
}

/** What a tally says of a job: all of its summary but how and when it ended. */
export function tallied(tally: JobTally): Omit<JobSummary, 'state' | 'endedAt' | 'failure'> {
  const { counts, failures, peakMemoryBytes, durations } = tally;
  return {
    counts,
    failures,
    ...(peakMemoryBytes !== undefined && { peakMemoryBytes }),
    ...(durations && { durations }),
  };
}
