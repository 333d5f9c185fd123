import { createHash } from 'node:crypto';
import type { CommandWork, FunctionWork } from '@megalith/agent';

/**
 * Names a piece of code, whatever it is run on: a function by its text without what it captured, a command by its words with `{}` where the items
 * go. 64 hex digits.
 */
export function codeHashOf(work: FunctionWork | CommandWork): string {
  if (work.kind === 'function') return work.bundle.hash;
  const words = work.argv === undefined ? ['shell', work.shell ?? ''] : ['argv', ...work.argv];
  return createHash('sha256').update(JSON.stringify(words)).digest('hex');
}
