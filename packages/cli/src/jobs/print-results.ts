import { failureError, formatSize, type RecordedResult } from '@megalith/core';
import type { FoundReport } from '@megalith/standalone';
import { commandExitCode, recordedExitCode } from '../exit-code.js';
import { BatchedWriter } from '../output/batched-writer.js';
import { InputOrder } from '../output/input-order.js';
import { jsonText } from '../output/json-text.js';
import { FailureNotes } from '../run/failure-notes.js';
import { type Note, withJob } from './open-jobs.js';

/**
 * Prints the results that a job has so far, in input order: of a function its values as JSON, of a command its exit codes.
 * @returns the exit code: how the job ended, or 0 while it runs
 */
export async function printResults(id: string, json: boolean, note: Note): Promise<number> {
  return await withJob(id, note, async job => {
    const report = await job.report();
    const failures = new FailureNotes(note);
    const writer = new BatchedWriter(bytes => process.stdout.write(bytes));
    const line = json ? jsonLine : report.kind === 'command' ? commandLine : valueLine;
    const order = new InputOrder<RecordedResult>(true, (index, result) => {
      const text = line(index, result);
      if (text !== undefined) writer.line(text);
      if (result.status === 'failed') failures.add(taskError(result));
      if (result.status === 'omitted') note(omittedText(result));
    });
    for await (const result of job.results()) order.end(result.index, result);
    order.flush();
    writer.flush();
    failures.end(report.counts.total, `see "megalith jobs show ${job.id}"`);
    return exitCode(report, note);
  });
}

function exitCode(report: FoundReport, note: Note): number {
  if (report.state !== 'running') return recordedExitCode(report);
  const { counts } = report;
  const ended = counts.done + counts.failed + counts.cancelled;
  note(`the job is running: ${ended} of ${counts.complete ? '' : 'at least '}${counts.total} tasks have ended`);
  return 0;
}

function valueLine(_: number, result: RecordedResult): string | undefined {
  return result.status === 'done' ? jsonText(result.value) : undefined;
}

function commandLine(index: number, result: RecordedResult): string {
  return `${index}\t${exitCodeOf(result)}\t${stateOf(result)}`;
}

function jsonLine(index: number, result: RecordedResult): string {
  const state = stateOf(result);
  if (result.status === 'omitted') return jsonText({ index, state, omittedBytes: result.byteLength });
  if (result.status === 'done') return jsonText({ index, state, value: result.value });
  const { code, message, exitCode, signal } = result.failure;
  return jsonText({ index, state, error: { code, message }, exitCode, signal });
}

function exitCodeOf(result: RecordedResult): number {
  return result.status === 'failed' || result.status === 'cancelled' ? commandExitCode(result.failure) : 0;
}

function stateOf(result: RecordedResult): 'done' | 'failed' | 'cancelled' {
  return result.status === 'omitted' ? 'done' : result.status;
}

function taskError({ index, failure }: RecordedResult & { status: 'failed' | 'cancelled' }) {
  return failureError({ ...failure, message: `task ${index}: ${failure.message}` });
}

function omittedText({ index, byteLength }: RecordedResult & { status: 'omitted' }): string {
  return `the result of task ${index} was too large to be kept (${formatSize(byteLength)})`;
}
