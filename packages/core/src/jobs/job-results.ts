import { type AttemptStats, type ControlEntry, type Failure, recordKind, type TaskEvent } from '@megalith/agent';
import { findJob } from './find-job.js';
import type { JobsOptions } from './job-report.js';
import { type PagesOptions, readPages } from './read-pages.js';

/** How a task ended, as its job's journal has it. */
export type RecordedResult =
  | {
      readonly index: number;
      readonly attempt: number;
      readonly status: 'done';
      readonly value: unknown;
      readonly stats: AttemptStats;
    }
  /** Done, with a result too large to be kept. */
  | { readonly index: number; readonly attempt: number; readonly status: 'omitted'; readonly byteLength: number }
  | FailedResult;

interface FailedResult {
  readonly index: number;
  readonly attempt: number;
  readonly status: 'failed' | 'cancelled';
  readonly failure: Failure;
  readonly stats?: AttemptStats;
}

/**
 * The results that a job has so far: first those that are done, in completion order; then those that failed for good, by
 * index, for only the end of the journal tells that a failed task was not tried again.
 * @throws MegalithError NOT_FOUND, USAGE, JOURNAL_FAILED
 */
export async function* jobResults(
  idOrPrefix: string,
  options: JobsOptions & Pick<PagesOptions, 'signal'> = {},
): AsyncGenerator<RecordedResult, void> {
  const failed = new Map<number, FailedResult>();
  for await (const page of readPages(await findJob(idOrPrefix, options), options)) {
    if (page.kind === 'control') {
      if (page.entry.type === 'omitted') yield omittedResult(page.entry);
      continue;
    }
    for (const record of page.records) {
      if (record.kind === recordKind.log || record.kind === recordKind.progress) continue;
      failed.delete(record.index);
      const event = record.event();
      if (event.type === 'done') yield doneResult(event);
      else if (event.type === 'failed') failed.set(event.index, failedResult(event));
    }
  }
  yield* [...failed.values()].sort((a, b) => a.index - b.index);
}

function doneResult({ index, attempt, value, stats }: TaskEvent & { type: 'done' }): RecordedResult {
  return { index, attempt, status: 'done', value, stats };
}

function failedResult({ index, attempt, failure, stats }: TaskEvent & { type: 'failed' }): FailedResult {
  const status = failure.code === 'CANCELLED' ? 'cancelled' : 'failed';
  return { index, attempt, status, failure, ...(stats && { stats }) };
}

function omittedResult({ index, attempt, byteLength }: ControlEntry & { type: 'omitted' }): RecordedResult {
  return { index, attempt, status: 'omitted', byteLength };
}
