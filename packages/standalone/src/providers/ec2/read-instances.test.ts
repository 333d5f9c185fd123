import type { Instance } from '@aws-sdk/client-ec2';
import { expect, it } from 'vitest';
import { readInstance } from './read-instances.js';
import { awsTags } from './tags.js';

const options = { region: 'eu-central-1', maxLifetimeMs: 86_400_000 };
const launchedAt = Date.UTC(2026, 10, 21);
const tags = {
  intent: '00',
  owner: 'ann@laptop',
  label: 'internal',
  expiresAt: launchedAt + 1,
  image: 'ami-1',
} as const;

it('reads what EC2 says of a machine', () => {
  const instance: Instance = {
    InstanceId: 'i-0123456789abcdef0',
    State: { Code: 16, Name: 'running' },
    InstanceType: 'r6i.32xlarge',
    InstanceLifecycle: 'spot',
    LaunchTime: new Date(launchedAt),
    Placement: { AvailabilityZone: 'eu-central-1b' },
    PublicIpAddress: '192.0.2.7',
    PrivateIpAddress: '172.31.0.9',
    Tags: awsTags(tags),
  };
  expect(readInstance(instance, options)).toEqual({
    id: 'i-0123456789abcdef0',
    state: 'running',
    region: 'eu-central-1',
    zone: 'eu-central-1b',
    type: 'r6i.32xlarge',
    market: 'spot',
    launchedAt,
    address: { public: '192.0.2.7', private: '172.31.0.9' },
    tags,
  });
});

it.each(['pending', 'running', 'stopping', 'stopped', 'shutting-down', 'terminated'] as const)('knows %s', state => {
  const instance: Instance = { InstanceId: 'i-1', State: { Name: state }, Tags: awsTags(tags) };
  expect(readInstance(instance, options)).toMatchObject({ state, market: 'on-demand' });
});

it('lists a machine of ours of which little is told, and no machine of others', () => {
  const bare = { InstanceId: 'i-1', Tags: [{ Key: 'megalith', Value: '1' }], LaunchTime: new Date(launchedAt) };
  expect(readInstance(bare, options)).toEqual({
    id: 'i-1',
    state: 'pending',
    region: 'eu-central-1',
    zone: '',
    type: '',
    market: 'on-demand',
    launchedAt,
    tags: { intent: '', owner: '', label: 'restricted', expiresAt: launchedAt + 86_400_000, image: '' },
  });
  expect(readInstance({ InstanceId: 'i-1', Tags: [{ Key: 'Name', Value: 'web' }] }, options)).toBeUndefined();
});
