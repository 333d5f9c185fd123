import { MegalithError } from '@megalith/core';

/** Input that cannot be read as what it says it is: where it goes wrong, and what would do. */
export function badInput(source: string, line: number | undefined, problem: string, hint?: string): MegalithError {
  const where = line === undefined ? `"${source}"` : `"${source}", line ${line}`;
  return new MegalithError('USAGE', `cannot read ${where}: ${problem}`, hint === undefined ? {} : { hint });
}
