import { basename } from 'node:path';
import type { CommandWork, FunctionWork } from '@megalith/agent';

/** What runs, for the audit log: the program of a command, without arguments, which may hold anything. */
export function workName(work: FunctionWork | CommandWork, job: string): string {
  if (work.kind === 'function') return `${job} (${work.bundle.hash.slice(0, 12)})`;
  return work.argv === undefined ? 'a shell line' : basename(work.argv[0]!);
}
