import { expect, it } from 'vitest';
import { defaultPolicy } from '../placement/policy.js';
import { configuredStore } from './configured-store.js';

const policy = { ...defaultPolicy, regions: { confidential: ['eu-west-1'] } };
const section = { url: 's3://bucket/x', clearance: 'restricted' } as const;

it.each([
  ['of a region that sensitive data may not go to', { ...section, region: 'us-east-1' }, 'internal'],
  ['of a region that it may go to', { ...section, region: 'eu-west-1' }, 'restricted'],
  ['that says no region', section, 'internal'],
  ['that is a folder', { ...section, url: '/tmp/x' }, 'restricted'],
])('a store %s is cleared accordingly', async (_, store, clearance) => {
  const open = await configuredStore('spill', { spill: store }, policy);
  expect(open.clearance).toBe(clearance);
  await open.close();
});

it('is not opened where nothing may go to its region', async () => {
  const nowhere = { ...policy, regions: { public: [] } };
  await expect(configuredStore('spill', { spill: section }, nowhere)).rejects.toMatchObject({ code: 'POLICY' });
});
