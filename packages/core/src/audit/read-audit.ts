import { MegalithError } from '@megalith/agent';
import type { AuditRecord } from './audit-entry.js';
import { auditFolder, readHead } from './audit-files.js';
import { auditLines } from './audit-lines.js';

export interface ReadAuditOptions {
  /** Only what is about the job with this id, or with one that begins so. */
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
  const needle = JSON.stringify(job ?? '').slice(0, -1);
  const found: FoundLine[] = [];
  for await (const { path, first, lines } of auditLines(folder, head.segment)) {
    signal?.throwIfAborted();
    for (const [i, line] of lines.entries()) {
      const each = { line, path, number: first + i };
      if (job === undefined || (line.includes(needle) && isAbout(recordIn(each), job))) found.push(each);
    }
    if (last !== undefined && found.length > last) found.splice(0, found.length - last);
  }
  return found.map(recordIn);
}

interface FoundLine {
  readonly line: Buffer;
  readonly path: string;
  /** Counted from 1. */
  readonly number: number;
}

function isAbout(record: AuditRecord, job: string): boolean {
  return 'job' in record && record.job.startsWith(job);
}

function recordIn({ line, path, number }: FoundLine): AuditRecord {
  try {
    return JSON.parse(line.toString()) as AuditRecord;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new MegalithError('JOURNAL_FAILED', `line ${number} of "${path}" is not an entry of the audit log`, {
      hint: 'see "megalith audit verify"',
      details: { path, line: number },
      cause: error,
    });
  }
}
