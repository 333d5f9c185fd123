import type { CommandResult, JobEvent, JobOptions, MegalithError, Outcome } from '@megalith/core';
import { errorReport, reportJson, reportText } from '../error-report.js';
import { commandExitCode } from '../exit-code.js';
import { bytesJson } from '../output/json-text.js';
import type { Progress } from '../output/progress.js';
import { statsJson } from '../output/stats-json.js';
import { type CommandTemplate, commandText } from './command-text.js';
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
    // On a terminal the command would be in the background, and stopped as soon as it reads.
    stdin: process.stdin.isTTY ? 'ignore' : 'inherit',
    signal: session.signal,
    onEvent: event => pass.hear(event),
  });
  // Among the command's own output only a line that can be taken away again may stand.
  if (process.stderr.isTTY) pass.progress = session.showProgress(() => job.counts, { quietMs: 1000 });
  const outcome = await onlyOutcome(job.outcomes());
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
  readonly #keepsStdout: boolean;
  readonly #stdout: Uint8Array[] = [];

  constructor(keepsStdout: boolean) {
    this.#keepsStdout = keepsStdout;
  }

  /** True once the command wrote to standard error. */
  get sawError(): boolean {
    return this.#sawError;
  }

  hear(event: JobEvent): void {
    if (event.type === 'retrying') this.#stdout.length = 0;
    if (event.type !== 'log') return;
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

async function onlyOutcome(outcomes: AsyncIterable<Outcome<CommandResult>>): Promise<Outcome<CommandResult>> {
  for await (const outcome of outcomes) return outcome;
  throw new Error('a job of one task ended without an outcome');
}

function exitCodeOf(outcome: Outcome<CommandResult>): number {
  if (outcome.status === 'done') return outcome.value.exitCode;
  const { code, details } = outcome.error;
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
