import type { Filter, Subnet } from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { awsRefusal } from './aws-error.fixture.js';
import { parseCidrBlock } from './cidr-block.js';
import { type NetworkOptions, type NetworkSettings, resolveNetwork } from './network.js';
import { fakeGroups } from './security-group.fixture.js';

const settings: NetworkSettings = { region: 'eu-central-1', owner: 'ada@laptop', address: 'public' };
const home = '203.0.113.1/32';
const office = '203.0.113.2/32';

function from(block: string, client = 'laptop'): NetworkOptions {
  return {
    client,
    ownAddress: async () => parseCidrBlock(block)!,
    wait: { withinMs: 2_000, pauseMs: 5 },
    now: () => 0,
  };
}

function fakeSubnets(...subnets: readonly Subnet[]) {
  return async function* (filters: readonly Filter[]) {
    const named = filters.find(each => each.Name === 'subnet-id')?.Values;
    yield* subnets.filter(each => (named === undefined ? each.DefaultForAz : named.includes(each.SubnetId!)));
  };
}
const subnet = (id: string, zone: string, more: Partial<Subnet> = {}): Subnet => ({
  SubnetId: id,
  AvailabilityZone: zone,
  VpcId: 'vpc-1',
  AvailableIpAddressCount: 100,
  DefaultForAz: true,
  ...more,
});

function world(blindLooks = 0) {
  const fake = fakeGroups(blindLooks);
  return { ...fake, api: { ...fake.api, subnets: fakeSubnets(subnet('subnet-a', 'a'), subnet('subnet-b', 'b')) } };
}

describe('the subnets for machines', () => {
  const resolve = (subnets: readonly Subnet[], more: Partial<NetworkSettings> = {}) =>
    resolveNetwork({ ...fakeGroups().api, subnets: fakeSubnets(...subnets) }, { ...settings, ...more }, from(home));

  test("are the default VPC's with their zones, the emptiest first, without those that are full", async () => {
    const { subnets, vpc } = await resolve([
      subnet('subnet-a', 'a', { AvailableIpAddressCount: 5 }),
      subnet('subnet-b', 'b'),
      subnet('subnet-c', 'c', { AvailableIpAddressCount: 0 }),
      subnet('subnet-x', 'a', { DefaultForAz: false }),
    ]);
    expect(vpc).toBe('vpc-1');
    expect(subnets.map(each => `${each.id} ${each.zone}`)).toEqual(['subnet-b b', 'subnet-a a']);
  });

  test('are those of the config', async () => {
    const all = [subnet('subnet-a', 'a'), subnet('subnet-x', 'x', { DefaultForAz: false, VpcId: 'vpc-2' })];
    expect((await resolve(all, { subnets: ['subnet-x', 'subnet-x'] })).vpc).toBe('vpc-2');
  });

  test.each<[string, readonly Subnet[], Partial<NetworkSettings>, object]>([
    ['there is no default VPC', [], {}, { code: 'NOT_CONFIGURED', hint: expect.stringContaining('`subnets`') }],
    [
      'one of those named is not there',
      [subnet('subnet-a', 'a')],
      { subnets: ['subnet-a', 'subnet-b'] },
      { code: 'NOT_CONFIGURED', details: { region: 'eu-central-1', missing: ['subnet-b'] } },
    ],
    [
      'they are in two VPCs',
      [subnet('subnet-a', 'a'), subnet('subnet-b', 'b', { VpcId: 'vpc-2' })],
      { subnets: ['subnet-a', 'subnet-b'] },
      { code: 'CONFIG' },
    ],
    ['all are full', [subnet('subnet-a', 'a', { AvailableIpAddressCount: 0 })], {}, { code: 'NO_CAPACITY' }],
  ])('are refused where %s', async (_, subnets, more, error) => {
    await expect(resolve(subnets, more)).rejects.toMatchObject(error);
  });
});

describe('the security group of an owner', () => {
  test('is made once, with tags, and admits SSH from this client only', async () => {
    const { api, groups, changes, rules } = world();
    const first = await resolveNetwork(api, settings, from(home));
    expect(await resolveNetwork(api, settings, from(home))).toEqual(first);
    expect(first).toMatchObject({ securityGroup: 'sg-1', warnings: [] });
    expect(changes).toEqual(['create vpc-1', `authorize ${home}`]);
    expect(Object.keys(rules())).toEqual([home]);
    expect(groups[0]!.Tags).toContainEqual({ Key: 'megalith:owner', Value: 'ada@laptop' });
  });

  test('gets the new address of a client before it loses the old one', async () => {
    const { api, changes, rules } = world();
    await resolveNetwork(api, settings, from(home));
    await resolveNetwork(api, settings, from(office));
    expect(changes.slice(2)).toEqual([`authorize ${office}`, `revoke ${home}`]);
    expect(Object.keys(rules())).toEqual([office]);
  });

  test('keeps an address that another client of the owner still comes from', async () => {
    const { api, rules } = world();
    await resolveNetwork(api, settings, from(home));
    await resolveNetwork(api, settings, from(home, 'desk'));
    await resolveNetwork(api, settings, from(office));
    expect(Object.keys(rules()).sort()).toEqual([home, office]);
    await resolveNetwork(api, settings, from(office, 'desk'));
    expect(Object.keys(rules())).toEqual([office]);
    expect(rules()[office]!.split(' ')).toHaveLength(4);
  });

  test('is the same for processes that make it at once and do not see it yet', async () => {
    const { api, groups, changes, rules } = world(10);
    const made = await Promise.all(Array.from({ length: 6 }, () => resolveNetwork(api, settings, from(home))));
    expect(new Set(made.map(each => each.securityGroup))).toEqual(new Set(['sg-1']));
    expect(groups).toHaveLength(1);
    expect(changes.filter(each => each.startsWith('create')).length).toBeGreaterThan(1);
    expect(Object.keys(rules())).toEqual([home]);
  });

  test('admits a client although another changed the rule between its look and its change', async () => {
    const { api, rules, before, put, groups } = world();
    before('authorize', () => put(home, 'megalith clients bbbbbbbbbbbb'));
    await resolveNetwork(api, settings, from(home));
    expect(rules()[home]).toMatch(/^megalith clients bbbbbbbbbbbb [0-9a-f]{12}$/);
    before('describe', () => void groups[0]!.IpPermissions!.splice(0));
    await resolveNetwork(api, settings, from(home, 'desk'));
    expect(rules()[home]).toMatch(/^megalith clients [0-9a-f]{12}$/);
    before('revoke', () => void groups[0]!.IpPermissions!.shift());
    await resolveNetwork(api, settings, from(office, 'desk'));
    expect(Object.keys(rules())).toEqual([office]);
  });

  test('is waited for where a part of EC2 does not know it yet', async () => {
    const { api, rules } = world();
    let refusals = 3;
    const authorizeIngress: typeof api.authorizeIngress = async (input, options) => {
      if (refusals-- > 0) throw awsRefusal('AuthorizeSecurityGroupIngress', 'InvalidGroup.NotFound');
      await api.authorizeIngress(input, options);
    };
    await resolveNetwork({ ...api, authorizeIngress }, settings, from(home));
    expect(Object.keys(rules())).toEqual([home]);
  });

  test('is refused where it is not tagged as ours, and nothing is changed', async () => {
    const { api, groups, changes } = world();
    await resolveNetwork(api, settings, from(home));
    groups[0] = {
      ...groups[0],
      Tags: [
        { Key: 'megalith', Value: '1' },
        { Key: 'megalith:owner', Value: 'bob' },
      ],
    };
    const before = changes.length;
    await expect(resolveNetwork(api, settings, from(office))).rejects.toMatchObject({
      code: 'CLOUD_FAILED',
      hint: expect.stringContaining('securityGroup'),
    });
    expect(changes).toHaveLength(before);
  });

  test('comes with a warning for what others let in, which stays, and for an open door that the config asks for', async () => {
    const { api, put, rules } = world();
    await resolveNetwork(api, settings, from(home));
    put('198.51.100.0/24', 'the office, says Bob');
    const { warnings } = await resolveNetwork(api, { ...settings, admit: '0.0.0.0/0' }, from(office));
    expect(warnings).toEqual([
      'machines admit SSH from everywhere: the config says `admit: 0.0.0.0/0`',
      expect.stringContaining('also admits SSH from 198.51.100.0/24'),
    ]);
    expect(Object.keys(rules())).toEqual(['198.51.100.0/24', '0.0.0.0/0']);
  });

  test('is never opened to everybody by what somebody else tells', async () => {
    const { api, groups } = world();
    await expect(resolveNetwork(api, settings, from('0.0.0.0/0'))).rejects.toMatchObject({ code: 'CLOUD_FAILED' });
    expect(groups).toEqual([]);
  });

  test.each([{ address: 'private' as const }, { jump: 'bastion' }])(
    'needs to be told who may come where machines do not see our address: %j',
    async more => {
      const { api, groups } = world();
      await expect(resolveNetwork(api, { ...settings, ...more }, from(home))).rejects.toMatchObject({
        code: 'NOT_CONFIGURED',
        hint: expect.stringContaining('`admit`'),
      });
      expect(groups).toEqual([]);
      const { securityGroup } = await resolveNetwork(api, { ...settings, ...more, admit: '10.0.0.0/8' }, from(home));
      expect(securityGroup).toBe('sg-1');
    },
  );

  test('is the one of the config, which is left as it is', async () => {
    const { api, groups, changes } = world();
    groups.push({ GroupId: 'sg-9', VpcId: 'vpc-1', GroupName: 'theirs' }, { GroupId: 'sg-8', VpcId: 'vpc-2' });
    const resolve = (securityGroup: string) => resolveNetwork(api, { ...settings, securityGroup }, from(home));
    expect(await resolve('sg-9')).toMatchObject({ securityGroup: 'sg-9', warnings: [] });
    await expect(resolve('sg-8')).rejects.toMatchObject({ code: 'CONFIG' });
    await expect(resolve('sg-7')).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
    expect(changes).toEqual([]);
  });
});
