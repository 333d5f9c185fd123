import { isDeepStrictEqual } from 'node:util';
import { journalledSpec } from '../journal/entries.js';
import type { JobDescription } from '../journal/job-description.js';
import type { KeptSpec } from '../journal/kept-spec.js';
import { isLower } from '../protocol/label.js';
import type { JobSpec } from '../protocol/messages.js';

/**
 * Whether a job under a known id is that very job, sent again. Where it runs and with which environment may differ. Its results are as sensitive as
 * it was when it began: who says less gets none.
 */
export function isSameJob(known: JobSpec | KeptSpec | JobDescription, sent: JobSpec): boolean {
  if (known.label !== undefined && (sent.label === undefined || isLower(sent.label, known.label))) return false;
  return isDeepStrictEqual(described(known), described(sent));
}

function described(spec: JobSpec | KeptSpec | JobDescription): unknown {
  const { id, name, work, requirements, tags } = 'formatVersion' in spec ? spec : journalledSpec(spec);
  // A description went through JSON, which has no undefined.
  return JSON.parse(JSON.stringify({ id, name, work, requirements, tags }));
}
