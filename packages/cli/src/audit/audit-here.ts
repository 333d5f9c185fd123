import {
  type AuditRecord,
  type AuditVerdict,
  MegalithError,
  megalithHome,
  readAudit,
  verifyAudit,
} from '@megalith/core';
import { inJobsHome } from '../preferences/jobs-home.js';

const shown = 20;

/** Checks the log of this home. @throws MegalithError USAGE for what is no hash */
export async function verifyHere(knownHash: string | undefined, signal: AbortSignal): Promise<AuditVerdict> {
  if (knownHash !== undefined && !/^[0-9a-f]{64}$/.test(knownHash)) {
    throw new MegalithError('USAGE', `"${knownHash}" is not the hash of an entry`, {
      hint: 'give the 64 digits that "megalith audit verify" prints',
    });
  }
  return await verifyAudit(homeHere(), { signal, ...(knownHash === undefined ? {} : { knownHash }) });
}

/** Entries of the log of this home: all about one job, or the newest. */
export async function entriesHere(
  { job, last }: { readonly job?: string | undefined; readonly last?: number | undefined },
  signal: AbortSignal,
): Promise<AuditRecord[]> {
  const count = last ?? (job === undefined ? shown : undefined);
  return await readAudit(homeHere(), {
    signal,
    ...(job === undefined ? {} : { job }),
    ...(count === undefined ? {} : { last: count }),
  });
}

export function homeHere(): string {
  return inJobsHome().home ?? megalithHome();
}
