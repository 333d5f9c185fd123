import { jobLogs, type LogsOptions } from '@megalith/core';
import { bytesJson } from '../output/json-text.js';
import { inJobsHome } from '../preferences/jobs-home.js';
import { Interrupt, interruptExitCode } from '../run/interrupt.js';

export interface PrintLogsOptions {
  readonly follow: boolean;
  /** One JSON object a piece. */
  readonly json: boolean;
  readonly index: number | undefined;
  readonly stream: 'stdout' | 'stderr' | undefined;
}

/** Prints the output of a job's tasks. Ctrl-C ends the printing, not the job. @returns the exit code */
export async function printLogs(id: string, { follow, json, index, stream }: PrintLogsOptions): Promise<number> {
  using interrupt = new Interrupt({
    onFirst: () => undefined,
    onSecond: () => process.exit(interruptExitCode('SIGINT')),
  });
  const options: LogsOptions = {
    ...inJobsHome(),
    follow,
    signal: interrupt.signal,
    ...(index === undefined ? {} : { index }),
    ...(stream === undefined ? {} : { stream }),
  };
  try {
    for await (const chunk of jobLogs(id, options)) {
      if (!json) {
        process.stdout.write(chunk.bytes);
        continue;
      }
      const { bytes, ...place } = chunk;
      process.stdout.write(`${JSON.stringify({ ...place, ...bytesJson('text', bytes) })}\n`);
    }
    return 0;
  } catch (error) {
    if (interrupt.cause === undefined) throw error;
    return interruptExitCode(interrupt.cause);
  }
}
