import { type Failure, MegalithError } from '@megalith/agent';
import { formatDuration } from '../../config/duration.js';
import { formatSize } from '../../config/size.js';
import { type CallReport, ownLines, readReport } from './report-line.js';

/** A call that AWS answered, and in which the function itself failed. */
export interface FaultFacts {
  /** `Runtime.ExitError`, or the class of what the handler threw. */
  readonly errorType: string;
  readonly errorMessage: string;
  /** The end of the log; empty where there is none. */
  readonly logTail: string;
  readonly memoryMib: number;
  readonly timeoutMs: number;
}

/** `call`: something died while this call ran. `function`: it cannot run at all, and no call of it will. */
export type Fault =
  | { readonly of: 'call'; readonly failure: Failure }
  | { readonly of: 'function'; readonly error: MegalithError };

const mib = 2 ** 20;
/** AWS kills at the limit, and measures now and then: a killed sandbox that was seen above this part of its memory ran out of it. */
const nearlyAll = 0.9;

/** Errors of a function that does not even begin. */
const cannotBegin =
  /^(Runtime\.(ImportModuleError|HandlerNotFound|UserCodeSyntaxError|MalformedHandlerName|InvalidEntrypoint|InvalidWorkingDir|InvalidRuntime)|Extension\..+|Init\.(PermissionDenied|.*Invalid).*)$/;

/** As the runtime, which is written in Go, calls them. */
const signals: Readonly<Record<string, string>> = {
  killed: 'SIGKILL',
  'segmentation fault': 'SIGSEGV',
  aborted: 'SIGABRT',
  terminated: 'SIGTERM',
  'bus error': 'SIGBUS',
  'illegal instruction': 'SIGILL',
  'trace/breakpoint trap': 'SIGTRAP',
};

/** Tells why a function failed: time, memory, a crash, or that it cannot run at all. */
export function classifyFault(facts: FaultFacts): Fault {
  const { errorType, errorMessage, logTail } = facts;
  const report = readReport(logTail);
  if (cannotBegin.test(errorType)) return { of: 'function', error: cannotRun(facts) };
  if (errorType === 'Sandbox.Timedout' || /timed out after [\d.]+ seconds/i.test(errorMessage)) {
    return { of: 'call', failure: timedOut(facts) };
  }
  if (errorType === 'Function.ResponseSizeTooLarge') return { of: 'call', failure: tooLarge(errorMessage) };
  const signal = /signal: ([a-z/ ]+?)(?:\s*\(core dumped\))?(?:\s+Runtime\.|$)/.exec(errorMessage)?.[1];
  const outOfMemory =
    errorType === 'Runtime.OutOfMemory' || (signal === 'killed' && (report === undefined || isNearlyAll(report)));
  if (outOfMemory) return { of: 'call', failure: ranOutOfMemory(facts, report) };
  return { of: 'call', failure: crashed(facts, signal, report) };
}

function isNearlyAll({ peakMemoryMib, memoryMib }: CallReport): boolean {
  return peakMemoryMib >= memoryMib * nearlyAll;
}

function timedOut({ timeoutMs, logTail }: FaultFacts): Failure {
  return {
    code: 'TIMED_OUT',
    message: `the function was ended at its time limit of ${formatDuration(timeoutMs)}`,
    hint: 'split the task, raise `timeout` in the section `lambda` of the config, or run it on a machine',
    ...stderrOf(logTail),
    details: { timeoutMs },
  };
}

function ranOutOfMemory({ memoryMib, logTail }: FaultFacts, report: CallReport | undefined): Failure {
  const peakMemoryBytes = (report?.peakMemoryMib ?? memoryMib) * mib;
  return {
    code: 'OUT_OF_MEMORY',
    message: `the function was killed because it reached its memory of ${formatSize(memoryMib * mib)}`,
    hint: 'ask for more with --memory',
    signal: 'SIGKILL',
    ...stderrOf(logTail),
    details: { peakMemoryBytes },
  };
}

function crashed(facts: FaultFacts, signal: string | undefined, report: CallReport | undefined): Failure {
  const exitCode = /exit status (\d+)/.exec(facts.errorMessage)?.[1];
  const name = signal === undefined ? undefined : (signals[signal] ?? signal);
  const message =
    name !== undefined
      ? `the function's process was ended by ${name}`
      : exitCode !== undefined
        ? `the function's process exited with code ${exitCode} before its tasks were done`
        : `the function failed with ${facts.errorType}: ${withoutRequestId(facts.errorMessage)}`;
  return {
    code: 'CRASHED',
    message,
    ...(name === undefined ? {} : { signal: name }),
    ...(exitCode === undefined ? {} : { exitCode: Number(exitCode) }),
    ...stderrOf(facts.logTail),
    ...(report === undefined ? {} : { details: { peakMemoryBytes: report.peakMemoryMib * mib } }),
  };
}

function tooLarge(errorMessage: string): Failure {
  return {
    code: 'OVER_PAYLOAD',
    message: `the result is too large for the answer of a function: ${withoutRequestId(errorMessage)}`,
    hint: overPayloadHint,
  };
}

export const overPayloadHint =
  'name a `store` in the section `lambda` of the config, cleared for this data; or return less, or run it on a machine';

function cannotRun({ errorType, errorMessage, logTail }: FaultFacts): MegalithError {
  return new MegalithError(
    'CLOUD_FAILED',
    `the function cannot begin: ${errorType}: ${withoutRequestId(errorMessage)}`,
    {
      hint: 'check `runtime` and `arch` in the section `lambda` of the config; after `megalith lambda clean --all` it is made anew',
      details: { errorType, ...stderrOf(logTail) },
    },
  );
}

function withoutRequestId(message: string): string {
  return message.replace(/^RequestId: [\w-]+ (Error: )?/, '').trim();
}

function stderrOf(logTail: string): { readonly stderrTail?: string } {
  const lines = ownLines(logTail);
  return lines === '' ? {} : { stderrTail: lines };
}
