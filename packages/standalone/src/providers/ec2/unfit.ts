import { MegalithError } from '@megalith/agent';
import { formatSize } from '@megalith/core';
import type { MachineRequirements } from '../../pool/offer.js';
import type { RejectedShape } from './offers.js';

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

/** The error where a region has no shape for a job. Of several reasons the one that came nearest is told: what is too dear would fit. */
export function unfit(
  requirements: MachineRequirements,
  rejected: readonly RejectedShape[],
  region: string,
): MegalithError {
  const reasons = Object.keys(codes) as (keyof typeof codes)[];
  const reason = reasons.find(each => rejected.some(one => one.reason === each)) ?? 'NOT_CONFIGURED';
  const nearest = rejected
    .filter(one => one.reason === reason)
    .toSorted((a, b) => b.shape.memoryBytes - a.shape.memoryBytes)[0];
  const wanted = `${requirements.cpus} cpus and ${formatSize(requirements.memoryBytes)}`;
  const example = nearest === undefined ? '' : `: of "${nearest.shape.type}", ${nearest.explanation}`;
  return new MegalithError(codes[reason], `EC2 in ${region} has no machine with ${wanted}${example}`, {
    hint: hints[reason],
    details: { region, reason, ...requirements },
  });
}
