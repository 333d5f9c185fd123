import { type Failure, type FileOutput, failureError, type JobCounts } from '@megalith/core';
import { addTo, type FoundJob, type FoundReport, type JobMoment, JointStanding } from '@megalith/standalone';
import { errorReport, reportText } from '../error-report.js';
import { commandExitCode, recordedExitCode } from '../exit-code.js';
import { bytesJson } from '../output/json-text.js';
import { canRepaint, Progress } from '../output/progress.js';
import { TaskOutput } from '../output/task-output.js';
import { Interrupt } from '../run/interrupt.js';
import { withJob } from './open-jobs.js';

/** As for a contact that was lost: the job lives on without us. */
const leftExitCode = 75;

export interface AttachOptions {
  /** One JSON object at the end, which holds the standard output of a single command. */
  readonly json: boolean;
  readonly quiet: boolean;
  /** What to fetch at the end. Empty: what this client began the job with. */
  readonly outputs: readonly FileOutput[];
}

/**
 * Prints a job's output as it comes until the job is over, as if it had been begun here and now. Ctrl-C leaves the job alone.
 * @returns the job's own exit code; 75 where the user left before its end
 */
export async function attach(id: string, options: AttachOptions): Promise<number> {
  let jobId = id;
  using interrupt = new Interrupt({
    onFirst: cause => {
      if (cause !== 'EPIPE') session.note(`left: the job goes on; come back with "megalith jobs attach ${jobId}"`);
    },
    onSecond: () => process.exit(leftExitCode),
  });
  const { signal } = interrupt;
  const session = new AttachSession(options);
  try {
    return await withJob(
      id,
      line => session.note(line),
      async job => {
        jobId = job.id;
        return await session.run(job, signal);
      },
      signal,
    );
  } catch (error) {
    if (interrupt.cause === undefined) throw error;
    return interrupt.cause === 'EPIPE' ? 141 : leftExitCode;
  } finally {
    session.close();
  }
}

class AttachSession {
  readonly #options: AttachOptions;
  readonly #standing = new JointStanding();
  readonly #held = new TaskOutput();
  readonly #stdout: Uint8Array[] = [];
  #progress: Progress | undefined;
  /** Undefined until it is known. */
  #isSingle: boolean | undefined;
  #kind: 'function' | 'command' = 'command';
  /** Parts that have told how many tasks they get, and those tasks. */
  #complete = 0;
  #known = 0;
  #partCount = 1;
  #failure: Failure | undefined;

  constructor(options: AttachOptions) {
    this.#options = options;
  }

  note(line: string): void {
    if (this.#options.quiet) return;
    if (this.#progress !== undefined) this.#progress.note(line);
    else process.stderr.write(`${line}\n`);
  }

  async run(job: FoundJob, signal: AbortSignal): Promise<number> {
    this.#kind = job.kind;
    this.#partCount = job.parts.length;
    if (!this.#options.quiet && process.stderr.isTTY) this.#showProgress();
    const onLost = (error: Error, where: string): void =>
      this.note(`contact with ${where} is lost, and sought again: ${error.message}`);
    for await (const moments of job.moments({ follow: true, signal, onLost })) {
      for (const moment of moments) this.#hear(moment);
    }
    this.#decide(false);
    const report = await job.report(signal);
    const outputs = this.#options.outputs.length > 0 ? this.#options.outputs : job.outputs;
    if (outputs.length > 0 && report.counts.done > 0) {
      await job.fetch(outputs, signal);
      for (const { path, dest } of outputs) this.note(`fetched ${path === '' ? "the job's folder" : path} to ${dest}`);
    }
    return this.#end(report);
  }

  close(): void {
    this.#progress?.stop();
    this.#held.close();
  }

  #hear(moment: JobMoment): void {
    addTo(this.#standing, moment);
    if (moment.type === 'taskCount') {
      this.#complete++;
      this.#known += moment.taskCount;
      if (this.#complete === this.#partCount) this.#decide(this.#known === 1 && this.#kind === 'command');
    } else if (moment.type === 'log') this.#print(moment.index, moment.stream, moment.bytes);
    else if (moment.type === 'failed') {
      this.#failure = moment.failure;
      if (moment.retrying) this.#held.discard(moment.index);
      else this.#flush(moment.index);
      if (moment.retrying) this.#stdout.length = 0;
    } else if (moment.type === 'done') {
      this.#failure = undefined;
      if (this.#isSingle === undefined) this.#decide(false);
      this.#flush(moment.index);
    }
  }

  /** The output of a single command passes as it comes; of many tasks each one's stands together. */
  #decide(isSingle: boolean): void {
    this.#isSingle ??= isSingle;
    if (isSingle) this.#flush(0);
  }

  #print(index: number, stream: 'stdout' | 'stderr', bytes: Uint8Array): void {
    if (this.#isSingle === true) this.#write(stream, bytes);
    else this.#held.add(index, stream, bytes);
  }

  #flush(index: number): void {
    for (const { stream, bytes } of this.#held.take(index)) this.#write(stream, bytes);
  }

  #write(stream: 'stdout' | 'stderr', bytes: Uint8Array): void {
    if (stream === 'stdout' && this.#options.json && this.#isSingle === true) {
      this.#stdout.push(bytes.slice());
      return;
    }
    this.#progress?.clear();
    // What functions log is not what they give.
    const isOutput = stream === 'stdout' && this.#kind === 'command' && !this.#options.json;
    process[isOutput ? 'stdout' : 'stderr'].write(bytes);
  }

  #end(report: FoundReport): number {
    this.#progress?.stop();
    const exitCode = this.#exitCode(report);
    const { id, state, counts } = report;
    if (this.#options.json) {
      const stdout = this.#isSingle === true ? bytesJson('stdout', Buffer.concat(this.#stdout)) : {};
      process.stdout.write(`${JSON.stringify({ job: id, state, counts, exitCode, ...stdout }, undefined, 2)}\n`);
    } else if (report.failure !== undefined)
      process.stderr.write(reportText(errorReport(failureError(report.failure))));
    else if (this.#isSingle === true && this.#failure !== undefined && this.#failure.code !== 'EXITED') {
      process.stderr.write(reportText(errorReport(failureError(this.#failure))));
    } else if (this.#isSingle !== true) this.#tellOfMany(report);
    return exitCode;
  }

  #tellOfMany({ id, state, counts, failures }: FoundReport): void {
    for (const { index, message } of failures) process.stderr.write(`task ${index}: ${message}\n`);
    if (counts.failed > 0) process.stderr.write(`${counts.failed} of ${counts.total} tasks failed\n`);
    this.note(
      `${state}: ${counts.done} of ${counts.total} tasks done` +
        (this.#kind === 'function' ? `; "megalith jobs results ${id}" prints what they gave` : ''),
    );
  }

  #exitCode(report: FoundReport): number {
    if (report.failure !== undefined) return failureError(report.failure).exitCode;
    const isOwn = this.#isSingle === true && this.#failure !== undefined && report.state === 'failed';
    return isOwn ? commandExitCode(this.#failure!) : recordedExitCode(report);
  }

  #showProgress(): void {
    const counts = (): JobCounts => {
      const { total, ...known } = this.#standing.counts;
      return { ...known, total: Math.max(total, this.#known), complete: this.#complete === this.#partCount };
    };
    this.#progress = new Progress({
      stream: process.stderr,
      now: () => performance.now(),
      repaint: canRepaint(process.stderr, process.env),
      view: counts,
      quietMs: 1000,
    });
    this.#progress.start();
  }
}
