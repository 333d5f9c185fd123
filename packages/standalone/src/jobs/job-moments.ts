import {
  type ControlEntry,
  decodeControl,
  type Failure,
  type JobFolder,
  JournalReader,
  journalPath,
  MegalithError,
  RecordCursor,
  recordKind,
  type TaskEvent,
} from '@megalith/agent';
import type { LogChunk, RecordedResult } from '@megalith/core';

/** One thing that happened in a job, as its journal tells it. */
export type JobMoment =
  | { readonly type: 'started'; readonly index: number; readonly attempt: number }
  | ({ readonly type: 'log' } & LogChunk)
  /** The result is decoded when it is asked for. */
  | { readonly type: 'done'; readonly index: number; readonly attempt: number; readonly result: () => RecordedResult }
  | {
      readonly type: 'failed';
      readonly index: number;
      readonly attempt: number;
      readonly failure: Failure;
      /** Another attempt follows. */
      readonly retrying: boolean;
      readonly result: () => RecordedResult;
    }
  /** No more tasks will come to this part of the job. */
  | { readonly type: 'taskCount'; readonly taskCount: number }
  | { readonly type: 'ended' };

export interface MomentsOptions {
  /** Whether more may come, asked at the end of the journal. @defaultValue ends there */
  readonly follow?: () => boolean | Promise<boolean>;
  readonly signal?: AbortSignal;
  /** Epoch milliseconds of the machine's clock: what was certainly written before is left out. */
  readonly since?: number;
}

/**
 * Reads a job's journal from its start, in batches as it was written.
 * @throws MegalithError JOURNAL_FAILED where it is damaged; with a signal, its reason
 */
export async function* jobMoments(job: JobFolder, options: MomentsOptions = {}): AsyncGenerator<JobMoment[], void> {
  const { follow, signal, since } = options;
  const from = since === undefined ? 0 : await startOf(job, since, signal);
  const reader = new JournalReader(journalPath(job.dir), {
    ...(follow && { follow }),
    ...(signal && { signal }),
  });
  for await (const { kind, payload, offset } of reader) {
    if (kind === 'tasks') continue;
    if (kind === 'control') {
      const moment = controlMoment(decodeControl(payload));
      if (moment !== undefined) yield [moment];
      if (moment?.type === 'ended') return;
      continue;
    }
    const moments = recordMoments(payload);
    yield offset >= from ? moments : moments.filter(moment => moment.type !== 'log');
  }
  if (reader.damage?.reason === 'corrupt') throw damaged(job.id, reader.damage.offset);
}

function controlMoment(entry: ControlEntry): JobMoment | undefined {
  if (entry.type === 'ended') return { type: 'ended' };
  if (entry.type === 'taskCount') return { type: 'taskCount', taskCount: entry.taskCount };
  if (entry.type !== 'omitted') return undefined;
  const { index, attempt, byteLength } = entry;
  return { type: 'done', index, attempt, result: () => ({ index, attempt, status: 'omitted', byteLength }) };
}

function recordMoments(payload: Buffer): JobMoment[] {
  const moments: JobMoment[] = [];
  const cursor = new RecordCursor(payload);
  while (cursor.advance()) {
    const { kind, index, attempt } = cursor;
    if (kind === recordKind.started) moments.push({ type: 'started', index, attempt });
    else if (kind === recordKind.log) {
      const { stream, offset, bytes } = cursor.event() as TaskEvent & { type: 'log' };
      moments.push({ type: 'log', index, attempt, stream, offset, bytes });
    } else if (kind === recordKind.done) {
      const record = cursor.bytes;
      moments.push({ type: 'done', index, attempt, result: () => doneResult(record) });
    } else if (kind === recordKind.failed) moments.push(failedMoment(cursor));
  }
  return moments;
}

function doneResult(record: Buffer): RecordedResult {
  const cursor = new RecordCursor(record);
  cursor.advance();
  const { index, attempt, value, stats } = cursor.event() as TaskEvent & { type: 'done' };
  return { index, attempt, status: 'done', value, stats };
}

function failedMoment(cursor: RecordCursor): JobMoment {
  const { retrying } = cursor;
  const { index, attempt, failure, stats } = cursor.event() as TaskEvent & { type: 'failed' };
  const status = failure.code === 'CANCELLED' ? 'cancelled' : 'failed';
  const result = (): RecordedResult => ({ index, attempt, status, failure, ...(stats && { stats }) });
  return { type: 'failed', index, attempt, failure, retrying, result };
}

/**
 * Where the journal goes beyond a time. Output itself bears no time; starts and ends of tasks do, and so what stands before one of them
 * is older than it.
 */
async function startOf(job: JobFolder, since: number, signal: AbortSignal | undefined): Promise<number> {
  let from = 0;
  for await (const entry of new JournalReader(journalPath(job.dir), signal ? { signal } : {})) {
    const at = entry.kind === 'control' ? decodeControl(entry.payload).at : latestIn(entry.kind, entry.payload);
    if (at !== undefined && at < since) from = entry.end;
  }
  return from;
}

function latestIn(kind: string, payload: Buffer): number | undefined {
  if (kind === 'tasks') return undefined;
  let latest: number | undefined;
  const cursor = new RecordCursor(payload);
  while (cursor.advance()) {
    let at: number | undefined;
    if (cursor.kind === recordKind.started) at = (cursor.event() as TaskEvent & { type: 'started' }).at;
    else if (cursor.kind === recordKind.done || cursor.kind === recordKind.failed) at = cursor.stats?.endedAt;
    if (at !== undefined) latest = Math.max(latest ?? at, at);
  }
  return latest;
}

function damaged(id: string, offset: number): MegalithError {
  return new MegalithError('JOURNAL_FAILED', `the journal of job "${id}" is damaged at byte ${offset}`, {
    hint: 'what came before is right; the rest is lost, and the job is best run again',
    details: { id, offset },
  });
}
