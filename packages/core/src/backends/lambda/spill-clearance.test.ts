import { expect, it } from 'vitest';
import { spillClearance } from './spill-clearance.js';

const regions = { confidential: ['eu-central-1'] };

it.each([
  ['confidential', 'eu-central-1', regions, 'confidential'],
  ['restricted', 'eu-central-1', regions, 'restricted'],
  ['confidential', 'us-east-1', regions, 'internal'],
  ['confidential', undefined, regions, 'internal'],
  ['internal', 'us-east-1', regions, 'internal'],
  ['restricted', undefined, {}, 'restricted'],
  ['internal', 'us-east-1', { public: [] }, undefined],
] as const)('lets data of a store cleared for %s in %s go no further than the policy of regions', (...row) => {
  const [clearance, region, allowed, expected] = row;
  expect(spillClearance(clearance, region, { regions: allowed })).toBe(expected);
});
