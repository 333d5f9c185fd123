import type { CommandWork, FunctionWork } from '@megalith/agent';
import type { Candidate } from '../../backends/backend.js';

/** The work as it is at a place: only a command beside the client can read the client's standard input. */
export function workAt({ backend }: Pick<Candidate, 'backend'>, work: FunctionWork | CommandWork): typeof work {
  const isBeside = backend === 'local' || work.kind === 'function';
  return isBeside ? work : { ...work, stdin: 'ignore' };
}
