import { closeSync, openSync, writeSync } from 'node:fs';
import { MegalithError } from '@megalith/core';

/** One line of GNU parallel's joblog: one command that ended. */
export interface JoblogEntry {
  /** Counts from 1, in input order. */
  readonly sequence: number;
  readonly host: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly runtimeMs: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly exitCode: number;
  /** The number of the signal that ended it, or 0. */
  readonly signal: number;
  readonly command: string;
}

export const joblogHeader = 'Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n';

/** The line as GNU parallel 20221122 writes it: seconds with three decimals, the run time padded to ten. */
export function joblogLine(entry: JoblogEntry): string {
  const columns = [
    entry.sequence,
    entry.host,
    (entry.startedAt / 1000).toFixed(3),
    (entry.runtimeMs / 1000).toFixed(3).padStart(10),
    entry.bytesSent,
    entry.bytesReceived,
    entry.exitCode,
    entry.signal,
    // A line must stay one line.
    entry.command.replaceAll('\n', '\\n').replaceAll('\t', '\\t'),
  ];
  return `${columns.join('\t')}\n`;
}

/** A joblog file, begun anew. */
export class Joblog {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, 'w');
    writeSync(this.#file, joblogHeader);
  }

  /** Written at once, so that the log is true whatever happens next. */
  add(entry: JoblogEntry): void {
    writeSync(this.#file, joblogLine(entry));
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}

/** @throws MegalithError USAGE where the file cannot be written */
export function openJoblog(path: string): Joblog {
  try {
    return new Joblog(path);
  } catch (error) {
    throw new MegalithError('USAGE', `cannot write the joblog "${path}": ${(error as Error).message}`, {
      cause: error,
    });
  }
}
