import { appendFileSync, rmSync, statSync } from 'node:fs';
import type { Failure, JobSpec } from '../protocol/messages.js';
import type { HostJob } from './host-job.js';
import { sharedSpool } from './slot-pool.js';

/** Bytes of each shared input that are to come from the client. */
function expectedBytes({ work }: JobSpec): number[] {
  const shared = work.kind === 'function' ? work.shared : [];
  return shared.map(one => (one.source === 'bytes' ? one.byteLength : 0));
}

export function expectsShared(spec: JobSpec): boolean {
  return expectedBytes(spec).some(byteLength => byteLength > 0);
}

/** Adds bytes to a shared input's file. @returns why that cannot be done */
export function spoolShared(job: HostJob, position: number, bytes: Buffer): Failure | undefined {
  try {
    appendFileSync(sharedSpool(job, position), bytes, { mode: 0o600 });
  } catch (error) {
    return { code: 'DISK_FULL', message: `a shared input cannot be stored: ${(error as Error).message}` };
  }
  job.sharedBytesMissing -= bytes.length;
  return undefined;
}

/** How much of each shared input is in its file: in a job that another host began, more than this process wrote. */
export function spooledBytes(job: HostJob): number[] {
  return expectedBytes(job.spec).map((_, position) => {
    return statSync(sharedSpool(job, position), { throwIfNoEntry: false })?.size ?? 0;
  });
}

export function dropShared(job: HostJob): void {
  for (const position of expectedBytes(job.spec).keys()) rmSync(sharedSpool(job, position), { force: true });
}
