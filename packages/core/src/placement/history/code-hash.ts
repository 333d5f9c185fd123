import { createHash } from 'node:crypto';
import type { CommandWork, FunctionWork } from '@megalith/agent';
export function codeHashOf(work: FunctionWork | CommandWork): string {
  if (work.kind === 'function') return work.bundle.hash;
  return createHash('sha256')
    .update(JSON.stringify([work.argv, work.shell]))
    .digest('hex');
}
