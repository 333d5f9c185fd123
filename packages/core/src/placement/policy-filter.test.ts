import type { Label } from '@megalith/agent';
import { describe, expect, it } from 'vitest';
import { defaultPolicy, type Policy } from './policy.js';
import { clearanceInRegion, policyFilter } from './policy-filter.js';
import type { Site } from './site.js';

const cloud = (fields: Partial<Site> = {}): Site => ({
  name: 'ec2',
  kind: 'cloud',
  region: 'us-east-1',
  clearance: 'restricted',
  ...fields,
});
const verdict = (label: Label, site: Site, policy: Partial<Policy> = {}) =>
  policyFilter({ name: 'x', label, labelRule: 'tag "phi" is restricted' }, { ...defaultPolicy, ...policy })({ site });

describe('the policy keeps a job', () => {
  it('from a site that is cleared for less, and says why', () => {
    expect(verdict('restricted', cloud({ clearance: 'internal' }))).toEqual({
      reason: 'POLICY',
      explanation: '"x" is restricted (tag "phi" is restricted), and ec2 is cleared for internal data only',
      hint: 'run it where its data may go, or declassify what it reads',
    });
    expect(verdict('internal', cloud({ clearance: 'internal' }))).toBeUndefined();
  });

  it('from this machine where the policy trusts it less than its backend does', () => {
    const here = { name: 'here', kind: 'here', clearance: 'restricted' } as const;
    expect(verdict('restricted', here)).toBeUndefined();
    expect(verdict('restricted', here, { hereClearance: 'internal' })?.reason).toBe('POLICY');
    expect(verdict('restricted', { ...here, clearance: 'public' })?.reason).toBe('POLICY');
  });

  it.each<[Label, string, string | undefined]>([
    ['public', 'us-east-1', undefined],
    ['internal', 'us-east-1', undefined],
    ['internal', 'ap-south-1', 'REGION'],
    ['confidential', 'us-east-1', 'REGION'],
    ['confidential', 'eu-west-1', undefined],
    ['restricted', 'eu-west-1', undefined],
    ['restricted', 'us-east-1', 'REGION'],
  ])('of %s data from the region %s: %s', (label, region, reason) => {
    const regions = { internal: ['us-east-1', 'eu-west-1'], confidential: ['eu-west-1'] };
    expect(verdict(label, cloud({ region }), { regions })?.reason).toBe(reason);
  });

  it('from a cloud that says no region, and from all clouds where the list is empty', () => {
    const { region: _, ...nowhere } = cloud();
    expect(verdict('internal', nowhere)).toBeUndefined();
    expect(verdict('internal', nowhere, { regions: { public: ['us-east-1'] } })).toMatchObject({
      reason: 'REGION',
      explanation: 'public data may go to us-east-1 only, and ec2 says no region',
    });
    expect(verdict('internal', cloud(), { regions: { internal: [] } })?.explanation).toContain('to no cloud only');
    const onPrem = { name: 'alpha', kind: 'on-prem', clearance: 'restricted' } as const;
    expect(verdict('internal', onPrem, { regions: { internal: [] } })).toBeUndefined();
    expect(verdict('internal', { ...onPrem, region: 'us-east-1' }, { regions: { internal: ['eu'] } })?.reason).toBe(
      'REGION',
    );
  });
});

it.each<[Label, string | undefined, Policy['regions'], Label | undefined]>([
  ['restricted', 'us-east-1', {}, 'restricted'],
  ['internal', 'us-east-1', {}, 'internal'],
  ['restricted', 'us-east-1', { confidential: ['eu-west-1'] }, 'internal'],
  ['public', 'us-east-1', { confidential: ['eu-west-1'] }, 'public'],
  ['restricted', 'eu-west-1', { confidential: ['eu-west-1'] }, 'restricted'],
  ['restricted', undefined, { confidential: ['eu-west-1'] }, 'internal'],
  ['restricted', 'us-east-1', { public: [] }, undefined],
])('trusts a store cleared for %s in %s, by regions %o, with %s data', (clearance, region, regions, expected) => {
  expect(clearanceInRegion(clearance, region, { ...defaultPolicy, regions })).toBe(expected);
});
