import { isMegalithError } from '../errors.js';
import type { Failure, JobSpec } from '../protocol/messages.js';
import type { Capacity } from './admission.js';

/** Why a machine of this capacity can't take a job at all. */
export function refusalOf({ requirements, name }: JobSpec, { cpus, memoryBytes }: Capacity): Failure | undefined {
  if (requirements.cpus > cpus) {
    return {
      code: 'OVER_CPUS',
      message: `one task of "${name}" asks for ${requirements.cpus} cpus, and this machine has ${cpus}`,
      hint: 'ask for fewer cpus, or run it on a larger machine',
    };
  }
  if ((requirements.memoryBytes ?? 0) > memoryBytes) {
    return {
      code: 'OVER_MEMORY',
      message: `one task of "${name}" asks for ${requirements.memoryBytes} bytes of memory, and this machine has ${memoryBytes} to give`,
      hint: 'ask for less memory, or run it on a larger machine',
    };
  }
  return undefined;
}

/** Why a job can't be recorded, as the client gets it. */
export function recordFailure(error: unknown): Failure {
  if (!isMegalithError(error)) {
    return { code: 'JOURNAL_FAILED', message: `the job cannot be recorded: ${String(error)}` };
  }
  const code = error.code === 'DISK_FULL' || error.code === 'USAGE' ? error.code : 'JOURNAL_FAILED';
  const { message, hint } = error;
  return { code, message, ...(hint === undefined ? {} : { hint }) };
}

/** What an agent says to new jobs that was asked to drain. */
export const drainingFailure: Failure = {
  code: 'NO_PLACEMENT',
  message: 'this agent takes no new jobs: it is being replaced or was asked to end',
  hint: 'try again once it has ended, as `megalith machines` shows: the next job then starts a new one',
};
