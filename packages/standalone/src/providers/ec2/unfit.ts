import { MegalithError } from '@megalith/agent';
import { formatSize } from '@megalith/core';
import type { MachineRequirements } from '../../pool/offer.js';
import type { RejectedShape } from './offers.js';
import { typeAllowance } from './type-patterns.js';

const codes = {
  OVER_BUDGET: 'OVER_BUDGET',
  OVER_DISK: 'NO_PLACEMENT',
  OVER_MEMORY: 'OVER_MEMORY',
  OVER_CPUS: 'OVER_CPUS',
  NOT_CONFIGURED: 'NOT_CONFIGURED',
} as const;

const hints = {
  OVER_BUDGET: 'raise `maxUsdPerHour` in the section `ec2` of the config',
  OVER_DISK: 'ask for less disk',
  OVER_MEMORY: 'ask for less memory, or allow larger types',
  OVER_CPUS: 'ask for fewer cpus, or allow larger types',
  NOT_CONFIGURED: 'see `types`, `archs` and `markets` in the section `ec2` of the config',
} as const;

type Reason = keyof typeof codes;

/** How each reason names the shape that came nearest, and what "nearest" is: the least of these numbers. */
const nearness: Readonly<Record<Reason, { readonly word: string; readonly of: (one: RejectedShape) => number }>> = {
  OVER_BUDGET: { word: 'cheapest', of: ({ usdPerHour = Number.POSITIVE_INFINITY }) => usdPerHour },
  OVER_DISK: { word: 'roomiest', of: ({ shape }) => -shape.localDiskBytes },
  OVER_MEMORY: { word: 'largest', of: ({ shape }) => -shape.memoryBytes },
  OVER_CPUS: { word: 'largest', of: ({ shape }) => -shape.cpus },
  NOT_CONFIGURED: { word: 'largest', of: ({ shape }) => -shape.memoryBytes },
};

/**
 * The error where a region has no shape for a job. Of several reasons the one that came nearest is told: what is too dear would fit.
 * @param types the patterns that are allowed, where some are
 */
export function unfit(
  requirements: MachineRequirements,
  rejected: readonly RejectedShape[],
  region: string,
  types?: readonly string[],
): MegalithError {
  const isAllowed = typeAllowance(types);
  if (types !== undefined && !rejected.some(({ shape }) => isAllowed(shape))) return noSuchType(types, region);
  const reasons = Object.keys(codes) as Reason[];
  const reason = reasons.find(each => rejected.some(one => one.reason === each)) ?? 'NOT_CONFIGURED';
  const { word, of } = nearness[reason];
  const [nearest] = rejected.filter(one => one.reason === reason).toSorted((a, b) => of(a) - of(b));
  const { cpus, memoryBytes } = requirements;
  const wanted = `${cpus} ${cpus === 1 ? 'cpu' : 'cpus'} and ${formatSize(memoryBytes)}`;
  const example = nearest === undefined ? '' : `: of the ${word}, "${nearest.shape.type}", ${nearest.explanation}`;
  return new MegalithError(codes[reason], `EC2 in ${region} has no machine with ${wanted}${example}`, {
    hint: hints[reason],
    details: { region, reason, ...requirements },
  });
}

function noSuchType(types: readonly string[], region: string): MegalithError {
  const named = types.map(type => `"${type}"`).join(', ');
  return new MegalithError('NOT_CONFIGURED', `EC2 in ${region} has no type ${named}`, {
    hint: 'write `types` as AWS does, such as r6i.32xlarge or "r6i.*"; `aws ec2 describe-instance-types` lists them',
    details: { region, types },
  });
}
