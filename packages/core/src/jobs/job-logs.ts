import { type RecordCursor, recordKind } from '@megalith/agent';
import { findJob } from './find-job.js';
import type { JobsOptions } from './job-report.js';
import { type PagesOptions, readPages } from './read-pages.js';

/** A piece of one task's output. */
export interface LogChunk {
  readonly index: number;
  readonly attempt: number;
  readonly stream: 'stdout' | 'stderr';
  /** Where these bytes stand in the attempt's stream. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface LogsOptions extends JobsOptions, PagesOptions {
  /** Only this task's. @defaultValue all */
  readonly index?: number;
  /** @defaultValue both */
  readonly stream?: 'stdout' | 'stderr';
}

/**
 * The output of a job's tasks, in the order it was written.
 * @throws MegalithError NOT_FOUND, USAGE, JOURNAL_FAILED; with a signal, its reason
 */
export async function* jobLogs(idOrPrefix: string, options: LogsOptions = {}): AsyncGenerator<LogChunk, void> {
  for await (const page of readPages(await findJob(idOrPrefix, options), options)) {
    if (page.kind === 'control') continue;
    for (const record of page.records) {
      if (record.kind !== recordKind.log || (options.index ?? record.index) !== record.index) continue;
      const chunk = logChunk(record);
      if (chunk && (options.stream ?? chunk.stream) === chunk.stream) yield chunk;
    }
  }
}

function logChunk(record: RecordCursor): LogChunk | undefined {
  const event = record.event();
  if (event.type !== 'log') return undefined;
  const { index, attempt, stream, offset, bytes } = event;
  return { index, attempt, stream, offset, bytes };
}
