import { constants } from 'node:os';

const lostCodes: readonly string[] = ['OUT_OF_MEMORY', 'TIMED_OUT', 'AGENT_LOST'];

/** True where the work was lost (memory, time, machine), rather than ended by itself. */
export function isLost(code: string): boolean {
  return lostCodes.includes(code);
}

/** The number of a signal, or 0 for a name that this system does not know. */
export function signalNumber(signal: string | undefined): number {
  return signal === undefined ? 0 : ((constants.signals as Readonly<Record<string, number | undefined>>)[signal] ?? 0);
}

/** The exit code of `megalith run` for one command that failed: its own where it has one. */
export function commandExitCode(failure: {
  readonly code: string;
  readonly exitCode?: number;
  readonly signal?: string;
}): number {
  if (isLost(failure.code)) return 7;
  if (failure.code === 'CANCELLED') return 130;
  if (failure.signal !== undefined) return 128 + signalNumber(failure.signal);
  return failure.exitCode ?? 1;
}

/** Counts of how the tasks of a job ended. */
export interface Ends {
  readonly failed: number;
  /** Of the failed ones: lost to memory, time or machine. */
  readonly lost: number;
  readonly cancelled: boolean;
}

/** The exit code of a job of many tasks. */
export function jobExitCode(ends: Ends): number {
  if (ends.cancelled) return 130;
  if (ends.lost > 0) return 7;
  return ends.failed > 0 ? 1 : 0;
}

/** The exit code that tells how a recorded job ended. */
export function recordedExitCode(job: {
  readonly state: string;
  readonly failures: readonly { readonly code: string }[];
}): number {
  if (job.state === 'cancelled') return 130;
  if (job.state === 'lost' || job.failures.some(failure => isLost(failure.code))) return 7;
  return job.state === 'done' ? 0 : 1;
}
