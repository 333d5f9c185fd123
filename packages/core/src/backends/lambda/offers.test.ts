import { functionCapacity } from '@megalith/agent';
import { expect, it } from 'vitest';
import { cheapest } from '../../placement/goal.js';
import { unknownProfile } from '../../placement/job-profile.js';
import type { JobRequest } from '../backend.js';
import { compiledFunctionPrices } from './function-prices.js';
import { functionOffers } from './offers.js';
import { testSettings } from './testing/settings.js';

const job: JobRequest = {
  id: 'job-1',
  name: 'any',
  requirements: { cpus: 1, graceMs: 0 },
  tags: [],
  label: 'internal',
  goal: cheapest,
  profile: unknownProfile,
};

it('offers no part of a processor that the agent in the function would refuse', () => {
  const memoryMib = [512, 1769, 3008, 10_240];
  const offers = functionOffers(job, {
    settings: { ...testSettings, memoryMib },
    prices: compiledFunctionPrices('us-east-1'),
    concurrency: { value: 10 },
    canSpill: false,
    sizes: new Map(),
  });
  for (const [i, { cpus }] of offers.entries()) expect(cpus).toBeLessThanOrEqual(functionCapacity(memoryMib[i]!).cpus);
  expect(offers.map(({ cpus }) => cpus)).toEqual([512 / 1769, 1, 1, 5]);
});
