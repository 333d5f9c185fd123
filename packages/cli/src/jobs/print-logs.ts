import { MegalithError, parseDuration } from '@megalith/core';
import type { FoundJob, JobMoment } from '@megalith/standalone';
import { bytesJson } from '../output/json-text.js';
import { Interrupt, interruptExitCode } from '../run/interrupt.js';
import { type Note, withJob } from './open-jobs.js';

export interface PrintLogsOptions {
  readonly follow: boolean;
  /** One JSON object a piece. */
  readonly json: boolean;
  readonly index: number | undefined;
  readonly stream: 'stdout' | 'stderr' | undefined;
  /** A duration back from now, or a date. */
  readonly since: string | undefined;
  readonly note: Note;
}

/** Prints the output of a job's tasks. Ctrl-C ends the printing, not the job. @returns the exit code */
export async function printLogs(id: string, options: PrintLogsOptions): Promise<number> {
  using interrupt = new Interrupt({
    onFirst: () => undefined,
    onSecond: () => process.exit(interruptExitCode('SIGINT')),
  });
  const { signal } = interrupt;
  const since = options.since === undefined ? undefined : sinceMs(options.since, Date.now());
  try {
    await withJob(id, options.note, job => print(job, options, since, signal), signal);
    return 0;
  } catch (error) {
    if (interrupt.cause === undefined) throw error;
    return interruptExitCode(interrupt.cause);
  }
}

async function print(
  job: FoundJob,
  { follow, json, index, stream, note }: PrintLogsOptions,
  since: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  const isWanted = (moment: JobMoment): moment is JobMoment & { type: 'log' } =>
    moment.type === 'log' && (index ?? moment.index) === moment.index && (stream ?? moment.stream) === moment.stream;
  const onLost = (error: Error, where: string): void =>
    note(`contact with ${where} is lost, and sought again: ${error.message}`);
  const reading = { follow, signal, onLost, ...(since === undefined ? {} : { since }) };
  for await (const moments of job.moments(reading)) {
    let isFull = false;
    for (const chunk of moments.filter(isWanted)) {
      if (!json) isFull = !process.stdout.write(chunk.bytes);
      else {
        const { bytes, type: _, ...place } = chunk;
        isFull = !process.stdout.write(`${JSON.stringify({ ...place, ...bytesJson('text', bytes) })}\n`);
      }
    }
    if (isFull) await drained(signal);
  }
}

/** Whoever reads slower than a journal is read must not fill the memory. */
async function drained(signal: AbortSignal): Promise<void> {
  await new Promise<void>(resolve => {
    process.stdout.once('drain', resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** @throws MegalithError USAGE */
function sinceMs(text: string, now: number): number {
  const at = /^\d{4}-/.test(text) ? Date.parse(text) : now - parseDuration(text);
  if (Number.isFinite(at)) return at;
  throw new MegalithError('USAGE', `"--since ${text}" is not a time`, {
    hint: 'write how long ago (10m, 2h), or a date such as 2026-11-21T12:00:00Z',
  });
}
