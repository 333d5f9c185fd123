import type { CommandResult, JobEvent, JobOptions, Outcome } from '@megalith/core';
import { jobExitCode, signalNumber } from '../exit-code.js';
import type { DataSource } from '../input/data-source.js';
import { BatchedWriter } from '../output/batched-writer.js';
import { InputOrder } from '../output/input-order.js';
import { type Joblog, openJoblog } from '../output/joblog.js';
import { bytesJson } from '../output/json-text.js';
import type { Progress } from '../output/progress.js';
import { statsJson } from '../output/stats-json.js';
import { TaskOutput } from '../output/task-output.js';
import { type CommandTemplate, commandText } from './command-text.js';
import { FailureNotes } from './failure-notes.js';
import { leaveJob } from './leave-job.js';
import { inSession, type Session, type SessionOptions } from './session.js';

/** One command over many items, as one would use GNU parallel. */
export interface EachRequest {
  readonly template: CommandTemplate;
  /** Closed at the end. */
  readonly source: DataSource<string>;
  /** Print in input order, rather than as tasks end. */
  readonly keepOrder: boolean;
  readonly joblog: string | undefined;
  /** One JSON object a task, and one at the end. */
  readonly json: boolean;
  readonly job: JobOptions;
  readonly session: SessionOptions;
}

/** @returns the exit code: 0 if all went well, 1 if some failed, 7 if some were lost */
export async function runEach(request: EachRequest): Promise<number> {
  const { source } = request;
  try {
    return await inSession(request.session, async session => {
      session.signal.addEventListener('abort', () => source.close());
      using joblog = request.joblog === undefined ? undefined : openJoblog(request.joblog);
      using report = new EachReport(request, session, joblog);
      const job = session.executor.command(request.template, report.itemsOf(source), {
        ...request.job,
        signal: session.signal,
        onEvent: event => {
          session.hear(event);
          report.hear(event);
        },
        onTransfer: transfer => session.transferring(transfer),
      });
      session.follow(job.id);
      if (request.job.detached === true) return leaveJob(session, job, request.json);
      report.progress = session.showProgress(() => job.counts, {
        fractionRead: () => source.fractionRead(),
        peakMemoryBytes: () => report.peakMemoryBytes,
      });
      for await (const outcome of job.outcomes()) report.settle(outcome);
      const counts = await job.ended();
      return report.end(job.id, counts.total, counts.cancelled);
    });
  } finally {
    source.close();
  }
}

interface TaskEnd {
  readonly item: string;
  readonly outcome: Outcome<CommandResult>;
}

/** Prints what tasks wrote, each as one piece, and keeps the books of how they ended. */
class EachReport {
  progress: Progress | undefined;
  readonly #request: EachRequest;
  readonly #joblog: Joblog | undefined;
  readonly #notes: FailureNotes;
  readonly #output = new TaskOutput();
  readonly #writer = new BatchedWriter(bytes => process.stdout.write(bytes));
  readonly #order: InputOrder<TaskEnd>;
  /** Of tasks that have not ended. */
  readonly #items = new Map<number, string>();
  readonly #received = new Map<number, number>();
  #peakMemoryBytes: number | undefined;

  constructor(request: EachRequest, session: Session, joblog: Joblog | undefined) {
    this.#request = request;
    this.#joblog = joblog;
    this.#notes = new FailureNotes(line => session.complain(line));
    this.#order = new InputOrder(request.keepOrder, (index, end) => this.#print(index, end));
  }

  get peakMemoryBytes(): number | undefined {
    return this.#peakMemoryBytes;
  }

  /** The items, which the report shows. */
  itemsOf({ items }: DataSource<string>): DataSource<string>['items'] {
    if (Symbol.asyncIterator in items) return this.#remembered(items);
    for (const [index, item] of items.entries()) this.#items.set(index, item);
    return items;
  }

  /** Passes the items on, and keeps each until its task has ended. */
  async *#remembered(items: AsyncIterable<string>): AsyncGenerator<string> {
    let index = 0;
    for await (const item of items) {
      this.#items.set(index++, item);
      yield item;
    }
  }

  hear(event: JobEvent): void {
    if (event.type === 'log') {
      this.#output.add(event.index, event.stream, event.bytes);
      if (event.stream === 'stdout')
        this.#received.set(event.index, (this.#received.get(event.index) ?? 0) + event.bytes.length);
    } else if (event.type === 'retrying' || event.type === 'escalating') {
      this.#output.discard(event.index);
      this.#received.delete(event.index);
    }
  }

  settle(outcome: Outcome<CommandResult>): void {
    const { index, stats } = outcome;
    const item = this.#items.get(index) ?? '';
    this.#items.delete(index);
    const received = this.#received.get(index) ?? 0;
    this.#received.delete(index);
    const peak = stats?.peakMemoryBytes;
    if (peak !== undefined) this.#peakMemoryBytes = Math.max(this.#peakMemoryBytes ?? 0, peak);
    if (outcome.status === 'failed') this.#notes.add(outcome.error);
    if (stats !== undefined) {
      this.#joblog?.add({
        sequence: index + 1,
        host: ':',
        startedAt: stats.startedAt,
        runtimeMs: stats.execMs,
        bytesSent: 0,
        bytesReceived: received,
        exitCode: exitCodeOf(outcome),
        signal: signalNumber(signalOf(outcome)),
        command: commandText(this.#request.template, item, index + 1),
      });
    }
    this.#order.end(index, { item, outcome });
  }

  /** Prints what is left and the last word. */
  end(job: string, total: number, cancelled: number): number {
    this.#order.flush();
    const { failed, lost } = this.#notes;
    // Tasks are cancelled after a failure where the user asked for that; the failure is then what counts.
    const exitCode = jobExitCode({ failed, lost, cancelled: cancelled > 0 && failed === 0 });
    if (this.#request.json) {
      const counts = { total, done: total - failed - cancelled, failed, cancelled };
      const state = failed > 0 ? 'failed' : cancelled > 0 ? 'cancelled' : 'done';
      this.#writer.line(JSON.stringify({ type: 'summary', job, state, counts, exitCode }));
    }
    this.#writer.flush();
    this.#notes.end(total, `see "megalith jobs show ${job}"`);
    return exitCode;
  }

  [Symbol.dispose](): void {
    this.#output.close();
  }

  #print(index: number, { item, outcome }: TaskEnd): void {
    this.progress?.clear();
    if (this.#request.json) {
      this.#writer.line(JSON.stringify(this.#taskJson(index, item, outcome)));
      return;
    }
    for (const { stream, bytes } of this.#output.take(index)) {
      if (stream === 'stdout') this.#writer.bytes(bytes);
      else process.stderr.write(bytes);
    }
  }

  #taskJson(index: number, item: string, outcome: Outcome<CommandResult>): object {
    const written = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
    for (const { stream, bytes } of this.#output.take(index)) written[stream].push(bytes);
    const { stats } = outcome;
    return {
      type: 'task',
      index,
      sequence: index + 1,
      item,
      command: commandText(this.#request.template, item, index + 1),
      state: outcome.status,
      ...(stats === undefined ? {} : { exitCode: exitCodeOf(outcome) }),
      ...(signalOf(outcome) === undefined ? {} : { signal: signalOf(outcome) }),
      ...(outcome.status === 'done' ? {} : { error: { code: outcome.error.code, message: outcome.error.message } }),
      ...(stats === undefined ? {} : statsJson(stats)),
      ...bytesJson('stdout', Buffer.concat(written.stdout)),
      ...bytesJson('stderr', Buffer.concat(written.stderr)),
    };
  }
}

function exitCodeOf(outcome: Outcome<CommandResult>): number {
  if (outcome.status === 'done') return 0;
  const code = outcome.error.details?.exitCode;
  if (typeof code === 'number') return code;
  // As GNU parallel has it, a signal stands in its own column.
  return signalOf(outcome) === undefined ? 1 : 0;
}

function signalOf(outcome: Outcome<CommandResult>): string | undefined {
  const signal = outcome.status === 'done' ? undefined : outcome.error.details?.signal;
  return typeof signal === 'string' ? signal : undefined;
}
