import { isMegalithError, MegalithError } from '@megalith/agent';
import type { AuditRecord } from './audit-entry.js';
import { auditFolder, readHead } from './audit-files.js';
import { auditLines } from './audit-lines.js';

export interface ReadAuditOptions {
  /** Only what is about this job. */
  readonly job?: string;
  /** The newest so many. @defaultValue all */
  readonly last?: number;
  readonly signal?: AbortSignal;
}

/**
 * Entries of the log, the oldest first; whether they are true is what `verifyAudit` says.
 * @throws MegalithError JOURNAL_FAILED for a line that can't be read
 */
export async function readAudit(home: string, { job, last, signal }: ReadAuditOptions = {}): Promise<AuditRecord[]> {
  const folder = auditFolder(home);
  const head = readHead(folder);
  if (head === undefined || head === 'damaged') {
    if (head === undefined) return [];
    throw new MegalithError('JOURNAL_FAILED', `the head of the audit log in "${folder}" is damaged`, {
      hint: 'see "megalith audit verify"',
    });
  }
  const needle = job === undefined ? undefined : Buffer.from(JSON.stringify(job));
  const found: AuditRecord[] = [];
  for await (const { path, first, lines } of auditLines(folder, head.segment)) {
    signal?.throwIfAborted();
    for (const [i, line] of lines.entries()) {
      if (needle !== undefined && !line.includes(needle)) continue;
      const record = recordIn(line, path, first + i);
      if (job === undefined || ('job' in record && record.job === job)) found.push(record);
    }
    if (last !== undefined && found.length > last) found.splice(0, found.length - last);
  }
  return found;
}

function recordIn(line: Buffer, path: string, number: number): AuditRecord {
  try {
    return JSON.parse(line.toString()) as AuditRecord;
  } catch (error) {
    if (isMegalithError(error) || !(error instanceof SyntaxError)) throw error;
    throw new MegalithError('JOURNAL_FAILED', `line ${number} of "${path}" is not an entry of the audit log`, {
      hint: 'see "megalith audit verify"',
      details: { path, line: number },
      cause: error,
    });
  }
}
