import { isDeepStrictEqual } from 'node:util';
import { journalledSpec } from '../journal/entries.js';
import type { KeptSpec } from '../journal/kept-spec.js';
import type { JobSpec } from '../protocol/messages.js';

/** Whether a job under a known id is that very job, sent again. Where it runs and with which environment may differ. */
export function isSameJob(known: JobSpec | KeptSpec, sent: JobSpec): boolean {
  return isDeepStrictEqual(described(known), described(sent));
}

function described(spec: JobSpec | KeptSpec): unknown {
  const { id, name, work, requirements, tags } = journalledSpec(spec);
  return { id, name, work, requirements, tags };
}
