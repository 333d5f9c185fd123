import { isMegalithError } from '@megalith/core';

/** An error as the user gets it: the same facts for people and for programs. */
export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly exitCode: number;
}

interface OclifError extends Error {
  readonly oclif: { readonly exit?: number };
}

/**
 * What an error means to the user. Anything that was not thrown on purpose is told as a bug of ours.
 * @param usageHint what to do where the command line is wrong
 */
export function errorReport(error: unknown, usageHint = 'see "megalith --help"'): ErrorReport {
  if (isMegalithError(error)) {
    return {
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(error.details === undefined ? {} : { details: error.details }),
      exitCode: error.exitCode,
    };
  }
  if (isOclifError(error)) return usageReport(error, usageHint);
  if (isSystemError(error))
    return { code: 'SYSTEM', message: error.message, details: { errno: error.code }, exitCode: 1 };
  return {
    code: 'BUG',
    message:
      error instanceof Error
        ? `${error.name}: ${error.message}`
        : `something that is not an error was thrown: ${String(error)}`,
    hint: 'this is a bug in megalith: run it again with --debug and report what it prints',
    exitCode: 1,
  };
}

/** The lines on standard error. */
export function reportText(report: ErrorReport): string {
  const lines = [`error: ${report.message}`];
  if (report.hint !== undefined) lines.push(`hint: ${report.hint}`);
  if (report.code !== 'USAGE') lines.push(`code: ${report.code}`);
  return `${lines.join('\n')}\n`;
}

/** The object on standard output under `--json`. */
export function reportJson(report: ErrorReport): { readonly error: Omit<ErrorReport, 'exitCode'> } {
  const { exitCode: _, ...error } = report;
  return { error };
}

function isOclifError(error: unknown): error is OclifError {
  return error instanceof Error && typeof (error as Partial<OclifError>).oclif === 'object';
}

// oclif's own errors are all about the command line. It gives an unknown command 127, as a shell does.
function usageReport(error: OclifError, hint: string): ErrorReport {
  const [message = '', ...rest] = error.message
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !/^(See more help|The following errors? occurred:$)/.test(line));
  const first = message.charAt(0).toLowerCase() + message.slice(1);
  return {
    code: 'USAGE',
    message: [first, ...rest].join(' '),
    hint,
    exitCode: 2,
  };
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
}
