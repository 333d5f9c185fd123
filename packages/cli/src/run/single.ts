import type { CommandResult, Job, JobEvent, JobOptions, MegalithError, Outcome } from '@megalith/core';
import { errorReport, reportJson, reportText } from '../error-report.js';
import { commandExitCode } from '../exit-code.js';
import { bytesJson } from '../output/json-text.js';
import type { Progress } from '../output/progress.js';
import { statsJson } from '../output/stats-json.js';
import { type CommandTemplate, commandText } from './command-text.js';
import { leaveJob } from './leave-job.js';
import { inSession, type Session, type SessionOptions } from './session.js';

/** One command, once. */
export interface SingleRequest {
  readonly command: CommandTemplate;
  /** One JSON object at the end, which holds the standard output. */
  readonly json: boolean;
  readonly job: JobOptions;
  readonly session: SessionOptions;
}

/** Passes the command's output on as it comes, byte for byte. @returns the command's own exit code where it has one */
export function runSingle(request: SingleRequest): Promise<number> {
  return inSession(request.session, session => runIn(session, request));
}

async function runIn(session: Session, request: SingleRequest): Promise<number> {
  const pass = new PassThrough(request.json);
  const { job } = session.executor.run(request.command, {
    ...request.job,
    // On a terminal the command would be in the background, and stopped as soon as it reads; on a machine it reads nothing.
    stdin: process.stdin.isTTY || session.whereabouts !== 'here' ? 'ignore' : 'inherit',
    signal: session.signal,
    onEvent: event => {
      // Nothing stands between the lines of a command that has begun to write, unless it can be taken away again.
      if (process.stderr.isTTY || !pass.hasWritten || event.type === 'ended') session.hear(event);
      if (event.type === 'planned' && session.whereabouts !== 'here' && request.job.detached !== true)
        noteUnread(session);
      // Of a job that is handed over nothing but its id is printed, however quick it is.
      if (request.job.detached !== true) pass.hear(event);
    },
    onTransfer: transfer => session.transferring(transfer),
  });
  session.follow(job.id);
  if (request.job.detached === true) return leaveJob(session, job, request.json);
  // Among the command's own output only a line that can be taken away again may stand.
  if (process.stderr.isTTY) pass.progress = session.showProgress(() => job.counts, { quietMs: 1000 });
  const outcome = await onlyOutcome(job);
  pass.progress?.stop();
  const exitCode = exitCodeOf(outcome);
  if (request.json) {
    const result = {
      job: job.id,
      command: commandText(request.command),
      ...outcomeJson(outcome),
      exitCode,
      ...pass.stdoutJson(),
    };
    process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
  } else if (
    outcome.status !== 'done' &&
    session.interrupted === undefined &&
    !hasSpoken(outcome.error, pass.sawError)
  ) {
    process.stderr.write(reportText(errorReport(outcome.error)));
  }
  return exitCode;
}

/** Hands the output of the command to our own. */
class PassThrough {
  progress: Progress | undefined;
  #sawError = false;
  #hasWritten = false;
  readonly #keepsStdout: boolean;
  readonly #stdout: Uint8Array[] = [];

  constructor(keepsStdout: boolean) {
    this.#keepsStdout = keepsStdout;
  }

  /** True once the command wrote to standard error. */
  get sawError(): boolean {
    return this.#sawError;
  }

  /** True once the command wrote anything. */
  get hasWritten(): boolean {
    return this.#hasWritten;
  }

  hear(event: JobEvent): void {
    if (event.type === 'retrying' || event.type === 'escalating') this.#stdout.length = 0;
    if (event.type !== 'log') return;
    this.#hasWritten = true;
    if (event.stream === 'stdout' && this.#keepsStdout) {
      this.#stdout.push(event.bytes.slice());
      return;
    }
    this.progress?.clear();
    if (event.stream === 'stderr') this.#sawError = true;
    process[event.stream].write(event.bytes);
  }

  stdoutJson(): Record<string, string> {
    return bytesJson('stdout', Buffer.concat(this.#stdout));
  }
}

/** How the command ended, or why the job did not end well around it: what it was to bring may not have come. */
async function onlyOutcome(job: Job<CommandResult>): Promise<Outcome<CommandResult>> {
  let only: Outcome<CommandResult> | undefined;
  for await (const outcome of job.outcomes()) {
    only = outcome;
    break;
  }
  if (only === undefined) throw new Error('a job of one task ended without an outcome');
  if (only.status === 'done') await job.ended();
  return only;
}

/** Whoever gives input to a command that has none is told. */
function noteUnread(session: Session): void {
  if (process.stdin.isTTY) return;
  process.stdin.once('data', () => {
    process.stdin.pause();
    session.note('note: on a machine a command reads nothing from standard input; give it a file with --input');
  });
}

function exitCodeOf(outcome: Outcome<CommandResult>): number {
  if (outcome.status === 'done') return outcome.value.exitCode;
  const { code, details, exitCode } = outcome.error;
  // A code of another class is about what is around the command: the place, the way there, the machine.
  if (exitCode !== 1) return exitCode;
  return commandExitCode({
    code,
    ...(typeof details?.exitCode === 'number' ? { exitCode: details.exitCode } : {}),
    ...(typeof details?.signal === 'string' ? { signal: details.signal } : {}),
  });
}

function outcomeJson(outcome: Outcome<CommandResult>): object {
  return {
    state: outcome.status,
    ...(outcome.stats === undefined ? {} : statsJson(outcome.stats)),
    ...(outcome.status === 'done' ? {} : reportJson(errorReport(outcome.error))),
  };
}

/** True where the command failed by itself and told why: then we add nothing. */
function hasSpoken(error: MegalithError, sawError: boolean): boolean {
  if (error.code !== 'EXITED') return false;
  // 126 and 127: it could not be started, and where nothing was written only we know.
  const exitCode = error.details?.exitCode;
  return sawError || (exitCode !== 126 && exitCode !== 127);
}
