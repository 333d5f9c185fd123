import { expect, it } from 'vitest';
import type { CloudMachine } from './cloud-machine.js';
import type { Offer } from './offer.js';
import { askingText, bootingText, isOf } from './offer-text.js';

const offer = (type: string, zone: string, usdPerHour: number): Offer => ({
  shape: {
    type,
    cpus: 2,
    memoryBytes: 2 ** 34,
    arch: 'x64',
    localDiskBytes: 0,
    isBurstable: false,
    isMetal: false,
    hasGpu: false,
  },
  zone,
  market: 'on-demand',
  usdPerHour,
  usableMemoryBytes: 2 ** 33,
});
const small = offer('r6i.large', 'us-east-1a', 0.126);
const large = offer('r6i.xlarge', 'us-east-1b', 0.252);
const made: CloudMachine = {
  id: 'i-1',
  state: 'pending',
  region: 'us-east-1',
  zone: 'us-east-1b',
  type: 'r6i.xlarge',
  market: 'on-demand',
  launchedAt: 0,
  tags: { intent: '', owner: '', label: 'internal', image: '', expiresAt: 0 },
};

it('the choice is told with its price, and why it is that one', () => {
  expect(askingText('ec2', [small, large])).toBe(
    'asking ec2 for r6i.large, on-demand for $0.13 an hour, the cheapest of 2 types that fit',
  );
  expect(askingText('ec2', [small, offer('r6i.large', 'us-east-1b', 0.126)])).toMatch(/, the only type that fits$/);
  expect(askingText('ec2', [])).toBe('asking ec2 for a machine');
});

it('what was had is told with its own price, and none where nobody asked for it', () => {
  const all = [small, large];
  expect(bootingText(made, all)).toBe('r6i.xlarge in us-east-1b (i-1) boots, on-demand for $0.25 an hour');
  expect(bootingText(made, [])).toBe('r6i.xlarge in us-east-1b (i-1) boots, on-demand');
  expect(all.map(one => isOf(one, made))).toEqual([false, true]);
});
