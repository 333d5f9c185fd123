import { type FunctionOptions, fromModule, type JobCounts, type JobEvent, type Outcome } from '@megalith/core';
import { jobExitCode } from '../exit-code.js';
import type { DataSource } from '../input/data-source.js';
import { InputOrder } from '../output/input-order.js';
import { jsonText } from '../output/json-text.js';
import { openResults, type Results } from '../output/results.js';
import { statsJson } from '../output/stats-json.js';
import { FailureNotes } from './failure-notes.js';
import { leaveJob } from './leave-job.js';
import { type ModuleExport, moduleUrl } from './module-export.js';
import { inSession, type Session, type SessionOptions } from './session.js';

/** One exported function over many items. */
export interface MapRequest {
  readonly work: ModuleExport;
  /** Set to fold all results into one value. */
  readonly reduce: ModuleExport | undefined;
  /** Closed at the end. */
  readonly source: DataSource<unknown>;
  /** A file; standard output where undefined. */
  readonly output: string | undefined;
  /** Results in input order, rather than as tasks end. */
  readonly keepOrder: boolean;
  /** One JSON object a task, and one at the end. */
  readonly json: boolean;
  readonly job: FunctionOptions;
  readonly session: SessionOptions;
}

/** @returns the exit code: 0 if all went well, 1 if some failed, 7 if some were lost */
export async function runMap(request: MapRequest): Promise<number> {
  const { source } = request;
  try {
    return await inSession(request.session, session => {
      session.signal.addEventListener('abort', () => source.close());
      return request.reduce === undefined
        ? mapIn(session, request, source)
        : reduceIn(session, request, request.reduce, source);
    });
  } finally {
    source.close();
  }
}

async function mapIn(session: Session, request: MapRequest, source: DataSource<unknown>): Promise<number> {
  const job = session.executor.map(workOf(request.work), source.items, {
    ...request.job,
    signal: session.signal,
    onEvent: logsTo(session),
    onTransfer: transfer => session.transferring(transfer),
  });
  session.follow(job.id);
  if (request.job.detached === true) return leaveJob(session, job, request.json);
  let peakMemoryBytes: number | undefined;
  const progress = session.showProgress(() => job.counts, {
    fractionRead: () => source.fractionRead(),
    peakMemoryBytes: () => peakMemoryBytes,
  });
  const results = openResults(request.output);
  const notes = new FailureNotes(line => session.complain(line));
  // Text, not values: a result that waits for its turn takes no more room than it must.
  const order = new InputOrder<string | undefined>(request.keepOrder, (_, json) => {
    if (json === undefined) return;
    progress?.clear();
    results.add(json);
  });
  let isWhole = false;
  try {
    for await (const outcome of job.outcomes()) {
      if (outcome.status === 'failed') notes.add(outcome.error);
      const peak = outcome.stats?.peakMemoryBytes;
      if (peak !== undefined) peakMemoryBytes = Math.max(peakMemoryBytes ?? 0, peak);
      order.end(outcome.index, request.json ? outcomeJson(outcome) : valueJson(outcome));
    }
    const counts = await job.ended();
    order.flush();
    const exitCode = exitCodeOf(notes, counts);
    if (request.json && request.output === undefined) results.add(summaryJson(job.id, counts, exitCode));
    isWhole = exitCode === 0;
    return exitCode;
  } finally {
    order.flush();
    results.end(isWhole);
    notes.end(job.counts.total, moreAbout(results, job.id));
  }
}

async function reduceIn(
  session: Session,
  request: MapRequest,
  reduce: ModuleExport,
  source: DataSource<unknown>,
): Promise<number> {
  const reduced = session.executor.mapReduce(workOf(request.work), source.items, workOf(reduce), {
    ...request.job,
    signal: session.signal,
    onEvent: logsTo(session),
    onTransfer: transfer => session.transferring(transfer),
  });
  session.follow(reduced.job.id);
  session.showProgress(() => reduced.job.counts, { fractionRead: () => source.fractionRead() });
  const value = await reduced;
  const results = openResults(request.output);
  results.add(request.json ? jsonText({ job: reduced.job.id, state: 'done', value }) : jsonText(value));
  results.end(true);
  return 0;
}

function logsTo(session: Session): (event: JobEvent) => void {
  return event => {
    session.hear(event);
    if (event.type === 'log') session.log(event.bytes);
  };
}

function workOf(work: ModuleExport): (item: unknown) => unknown {
  return fromModule(moduleUrl(work), work.exportName);
}

function exitCodeOf(notes: FailureNotes, counts: JobCounts): number {
  return jobExitCode({ failed: notes.failed, lost: notes.lost, cancelled: counts.cancelled > 0 && notes.failed === 0 });
}

function moreAbout(results: Results, job: string): string {
  const where = results.path === undefined ? '' : `the other results are in "${results.path}", `;
  return `${where}see "megalith jobs show ${job}"`;
}

function valueJson(outcome: Outcome<unknown>): string | undefined {
  return outcome.status === 'done' ? jsonText(outcome.value) : undefined;
}

function outcomeJson(outcome: Outcome<unknown>): string {
  const stats = outcome.stats === undefined ? {} : statsJson(outcome.stats);
  if (outcome.status === 'done')
    return jsonText({ type: 'result', index: outcome.index, state: 'done', value: outcome.value, ...stats });
  const { code, message, hint } = outcome.error;
  return jsonText({
    type: 'result',
    index: outcome.index,
    state: outcome.status,
    error: { code, message, hint },
    ...stats,
  });
}

function summaryJson(job: string, counts: JobCounts, exitCode: number): string {
  const { total, done, failed, cancelled } = counts;
  const state = failed > 0 ? 'failed' : cancelled > 0 ? 'cancelled' : 'done';
  return jsonText({ type: 'summary', job, state, counts: { total, done, failed, cancelled }, exitCode });
}
