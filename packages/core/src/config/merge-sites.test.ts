import type { Label } from '@megalith/agent';
import { expect, it } from 'vitest';
import { hostWithin, mergeCloud, storeWithin } from './merge-sites.js';

interface Cloud {
  readonly region: string;
  readonly endpoint?: string;
  readonly clearance?: Label;
}

it('takes the keys of an inner section, and the lowest clearance', () => {
  expect(
    mergeCloud([
      { region: 'eu-west-1', clearance: 'confidential', owner: 'ann' },
      { region: 'eu-west-1', clearance: 'restricted', owner: 'lab' },
    ]),
  ).toEqual({ region: 'eu-west-1', clearance: 'confidential', owner: 'lab' });
  expect(mergeCloud([{ region: 'eu-west-1' }, { region: 'eu-west-1', clearance: 'restricted' }])?.clearance).toBe(
    'internal',
  );
});

it('does not lend the clearance of one place to another', () => {
  const outer = { region: 'eu-west-1', clearance: 'confidential' } as const;
  expect(mergeCloud<Cloud>([outer, { region: 'eu-west-1' }])?.clearance).toBe('confidential');
  expect(mergeCloud<Cloud>([outer, { region: 'us-east-1' }])?.clearance).toBe('internal');
  expect(mergeCloud<Cloud>([outer, { region: 'eu-west-1', endpoint: 'http://x' }])?.clearance).toBe('internal');
});

it('leaves a section alone that no other file has', () => {
  expect(mergeCloud([{ region: 'eu-west-1' }])).toEqual({ region: 'eu-west-1' });
  expect(mergeCloud([])).toBeUndefined();
});

it('gives a host under another name no more than its address has', () => {
  const alpha = { name: 'alpha', address: 'A.example.org', user: 'u', hostKeys: [] };
  const again = { ...alpha, name: 'beta', address: 'a.example.org', clearance: 'restricted' } as const;
  expect(hostWithin(again, [alpha]).clearance).toBe('internal');
  expect(hostWithin({ ...again, address: 'b' }, [alpha]).clearance).toBe('restricted');
  expect(hostWithin(alpha, [{ ...alpha, clearance: 'public' }]).clearance).toBe('public');
});

it.each([
  ['s3://bucket/prefix', 's3://bucket/prefix/below', 'internal'],
  ['s3://bucket', 's3://bucket/prefix', 'internal'],
  ['s3://bucket/prefix', 's3://bucket/prefix-of-another', 'restricted'],
  ['/data/store', 'file:///data/store', 'internal'],
  ['file:///data/store', 'file:///data/./x/../store/', 'internal'],
  ['/data/store', '/data', 'restricted'],
] as const)('of what %s is cleared for, a store in %s has %s', (outer, url, clearance) => {
  const said = [{ url: outer, clearance: 'internal' }] as const;
  expect(storeWithin({ url, clearance: 'restricted' }, said).clearance).toBe(clearance);
});

it('gives a store under another name no more than its URL has', () => {
  const url = 's3://bucket/prefix';
  expect(storeWithin({ url: `${url}/`, clearance: 'restricted' }, [{ url, clearance: 'confidential' }]).clearance).toBe(
    'confidential',
  );
});
