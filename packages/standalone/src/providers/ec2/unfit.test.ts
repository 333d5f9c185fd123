import { describe, expect, it } from 'vitest';
import type { Ec2Shape } from './ec2-shape.js';
import type { RejectedShape } from './offers.js';
import { unfit } from './unfit.js';

const shape = (type: string, cpus: number, gib: number): Ec2Shape => ({
  type,
  cpus,
  memoryBytes: gib * 2 ** 30,
  arch: 'x64',
  localDiskBytes: 0,
  isBurstable: false,
  isMetal: false,
  hasGpu: false,
  isCurrentGeneration: true,
  markets: ['on-demand'],
});
const wide = shape('c7i.48xlarge', 192, 384);
const large = shape('u7i-6tb.112xlarge', 128, 6144);
const told = (rejected: readonly RejectedShape[], types?: readonly string[]) => {
  const { code, message } = unfit({ cpus: 1, memoryBytes: 2 ** 40 }, rejected, 'us-east-1', types);
  return `${code} ${message}`;
};

describe('where no shape fits, the nearest one is named', () => {
  it.each<[RejectedShape['reason'], string]>([
    [
      'OVER_MEMORY',
      'OVER_MEMORY EC2 in us-east-1 has no machine with 1 cpu and 1TiB: of the largest, "u7i-6tb.112xlarge", no',
    ],
    ['OVER_CPUS', 'OVER_CPUS EC2 in us-east-1 has no machine with 1 cpu and 1TiB: of the largest, "c7i.48xlarge", no'],
  ])('%s', (reason, message) => {
    expect(told([large, wide].map(each => ({ shape: each, reason, explanation: 'no' })))).toBe(message);
  });

  it('by its price where only that is too much, whatever else does not fit', () => {
    const rejected: RejectedShape[] = [
      { shape: large, reason: 'OVER_BUDGET', explanation: 'dear', usdPerHour: 60 },
      { shape: wide, reason: 'OVER_BUDGET', explanation: 'less dear', usdPerHour: 9 },
      { shape: shape('m6i.large', 2, 8), reason: 'OVER_MEMORY', explanation: 'small' },
    ];
    expect(told(rejected)).toMatch(/^OVER_BUDGET .*: of the cheapest, "c7i.48xlarge", less dear$/);
  });

  it('but for types that there are none of', () => {
    const rejected: RejectedShape[] = [{ shape: wide, reason: 'NOT_CONFIGURED', explanation: 'not allowed' }];
    expect(told(rejected, ['z99.*'])).toBe('NOT_CONFIGURED EC2 in us-east-1 has no type "z99.*"');
    expect(told(rejected, ['z99.*', 'c7i.*'])).not.toContain('z99');
  });
});
