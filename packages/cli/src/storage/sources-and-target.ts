import { MegalithError } from '@megalith/core';

/** As `cp` has it: the last argument is the target. Of several sources it is a folder. @throws MegalithError USAGE */
export function sourcesAndTarget(args: readonly string[]): {
  readonly sources: readonly string[];
  readonly target: string;
} {
  const sources = args.slice(0, -1);
  const target = args.at(-1)!;
  if (sources.length === 0)
    throw new MegalithError('USAGE', `"${target}" has no target to be copied to`, {
      hint: 'give a source and a target',
    });
  return {
    sources,
    target: sources.length > 1 && !target.endsWith('/') && !target.endsWith(':') ? `${target}/` : target,
  };
}
