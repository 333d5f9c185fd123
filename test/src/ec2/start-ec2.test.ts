import {
  CreateFleetCommand,
  CreateLaunchTemplateCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypesCommand,
  DescribeVolumesCommand,
  type EC2Client,
  ImportKeyPairCommand,
  ModifyInstanceAttributeCommand,
  paginateDescribeInstances,
  paginateDescribeInstanceTypes,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { afterEach, expect, test } from 'vitest';
import { eventually } from '../conformance/eventually.js';
import { refusal } from './contract/ask.js';
import { ed25519Line } from './contract/beside-instances.js';
import type { Ec2Options, Ec2Simulator } from './ec2-simulator.js';
import { type NoHosts, noHosts } from './no-hosts.js';
import { startEc2 } from './start-ec2.js';
import { testClients } from './test-clients.js';

const image = 'ami-0a1202300000086c4';
const ends: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function open(options: Ec2Options = {}): Promise<{ ec2: Ec2Simulator; client: EC2Client; hosts: NoHosts }> {
  const hosts = noHosts();
  const ec2 = await startEc2({ hosts, bootMs: 5, endMs: 5, consistencyLagMs: 0, ...options });
  const clients = testClients(ec2.endpoint);
  ends.push(() => ec2.close(), clients.close);
  return { ec2, client: clients.ec2, hosts };
}

const launch = (client: EC2Client, more: object = {}) =>
  client.send(
    new RunInstancesCommand({ ImageId: image, InstanceType: 'r6i.large', MinCount: 1, MaxCount: 1, ...more }),
  );

async function running(ec2: Ec2Simulator, client: EC2Client, more: object = {}): Promise<string> {
  const id = (await launch(client, more)).Instances![0]!.InstanceId!;
  await reach(ec2, id, 'running');
  return id;
}

const reach = (ec2: Ec2Simulator, id: string, state: string) =>
  eventually(`${id} is ${state}`, () => ec2.instance(id)?.state === state);

test('a host hears what it is to be', async () => {
  const { ec2, client, hosts } = await open();
  const line = ed25519Line();
  await client.send(new ImportKeyPairCommand({ KeyName: 'k', PublicKeyMaterial: Buffer.from(line) }));
  const UserData = Buffer.from('#cloud-config\nü').toString('base64');
  const id = await running(ec2, client, { KeyName: 'k', UserData, Placement: { AvailabilityZone: 'us-east-1b' } });
  expect(hosts.booted).toEqual([
    {
      instanceId: id,
      type: 'r6i.large',
      zone: 'us-east-1b',
      region: 'us-east-1',
      market: 'on-demand',
      imageId: image,
      userData: '#cloud-config\nü',
      publicKey: line,
      user: 'ec2-user',
      cpus: 2,
      memoryBytes: 16 * 2 ** 30,
    },
  ]);
  expect(ec2.portOf(id)).toBe(22);
});

test('a guest that shuts itself down is terminated or stopped, as the instance says', async () => {
  const { ec2, client, hosts } = await open();
  const mortal = await running(ec2, client, { InstanceInitiatedShutdownBehavior: 'terminate' });
  const sleeper = await running(ec2, client);
  hosts.shutDown(mortal);
  hosts.shutDown(sleeper);
  await reach(ec2, mortal, 'terminated');
  await reach(ec2, sleeper, 'stopped');
  expect(ec2.instance(mortal)!.stateReason).toBe('Client.InstanceInitiatedShutdown: Instance initiated shutdown');
  expect(hosts.deeds.toSorted()).toEqual([`destroy ${mortal}`, `powerOff ${sleeper}`]);
  await client.send(new StartInstancesCommand({ InstanceIds: [sleeper] }));
  await reach(ec2, sleeper, 'running');
  await client.send(
    new ModifyInstanceAttributeCommand({
      InstanceId: sleeper,
      InstanceInitiatedShutdownBehavior: { Value: 'terminate' },
    }),
  );
  hosts.shutDown(sleeper);
  await reach(ec2, sleeper, 'terminated');
});

test('a host that cannot boot ends its instance, and says why', async () => {
  const problem = new Error('no room for a host');
  const hosts = { boot: () => Promise.reject(problem), close: () => Promise.resolve() };
  const { ec2, client } = await open({ hosts });
  const { Instances } = await launch(client);
  await reach(ec2, Instances![0]!.InstanceId!, 'terminated');
  expect(ec2.instances()[0]).toMatchObject({
    hostProblem: problem,
    stateReason: expect.stringContaining('Server.InternalError'),
  });
});

test('a spot instance hears that it is taken back, and is', async () => {
  const { ec2, client, hosts } = await open();
  const id = await running(ec2, client, { InstanceMarketOptions: { MarketType: 'spot' } });
  expect(await refusal(client.send(new StopInstancesCommand({ InstanceIds: [id] })))).toBe('UnsupportedOperation');
  ec2.interrupt(id, 10);
  await reach(ec2, id, 'terminated');
  expect(hosts.deeds).toEqual([`noticeInterruption ${id}`, `destroy ${id}`]);
  expect(ec2.instance(id)!.stateReason).toContain('Server.SpotInstanceTermination');
});

test('a new instance is unseen for the lag, and a terminated one is forgotten in the end', async () => {
  let now = Date.UTC(2026, 10, 21);
  const { ec2, client } = await open({ consistencyLagMs: 1000, terminatedListedMs: 60_000, now: () => now });
  const id = await running(ec2, client);
  const describe = () => client.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  expect(await refusal(describe())).toBe('InvalidInstanceID.NotFound');
  now += 1000;
  expect((await describe()).Reservations).toHaveLength(1);
  await client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  await reach(ec2, id, 'terminated');
  now += 59_999;
  expect((await describe()).Reservations).toHaveLength(1);
  now += 1;
  expect(await refusal(describe())).toBe('InvalidInstanceID.NotFound');
});

test('the quota of vCPUs counts all that runs of a kind of families, by market', async () => {
  const { ec2, client } = await open({ quotas: { 'L-1216C47A': 6, 'L-34B43A08': 2 } });
  const first = await running(ec2, client, { MinCount: 2, MaxCount: 2 });
  await launch(client, { InstanceType: 'm6i.large' });
  expect(await refusal(launch(client, { InstanceType: 'c6i.large' }))).toBe('VcpuLimitExceeded');
  await launch(client, { InstanceType: 'x2idn.16xlarge' });
  const spot = { InstanceMarketOptions: { MarketType: 'spot' } };
  await launch(client, spot);
  expect(await refusal(launch(client, spot))).toBe('MaxSpotInstanceCountExceeded');
  await client.send(new TerminateInstancesCommand({ InstanceIds: [first] }));
  await reach(ec2, first, 'terminated');
  expect((await launch(client, { MinCount: 1, MaxCount: 9 })).Instances).toHaveLength(1);
});

test('a fleet takes from the quota what it gets elsewhere', async () => {
  const { client } = await open({ quotas: { 'L-1216C47A': 5 } });
  const LaunchTemplateData = { ImageId: image };
  await client.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: 'lt1', LaunchTemplateData }));
  const Overrides = [{ InstanceType: 'm6i.large' as const }, { InstanceType: 'r6i.large' as const }];
  const { Instances, Errors } = await client.send(
    new CreateFleetCommand({
      Type: 'instant',
      LaunchTemplateConfigs: [{ LaunchTemplateSpecification: { LaunchTemplateName: 'lt1', Version: '1' }, Overrides }],
      TargetCapacitySpecification: { TotalTargetCapacity: 9, DefaultTargetCapacityType: 'on-demand' },
    }),
  );
  expect(Instances!.map(({ InstanceIds }) => InstanceIds!.length)).toEqual([2]);
  expect(Errors!.map(({ ErrorCode }) => ErrorCode)).toEqual(['VcpuLimitExceeded', 'VcpuLimitExceeded']);
});

test('the bill counts seconds of running, a minute at least for each start', async () => {
  let now = Date.UTC(2026, 10, 21);
  const { ec2, client } = await open({ now: () => now });
  const id = await running(ec2, client);
  now += 3_600_000;
  await client.send(new StopInstancesCommand({ InstanceIds: [id] }));
  await reach(ec2, id, 'stopped');
  now += 86_400_000;
  await client.send(new StartInstancesCommand({ InstanceIds: [id] }));
  await reach(ec2, id, 'running');
  now += 10_000;
  await client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  await reach(ec2, id, 'terminated');
  now += 86_400_000;
  expect(ec2.billing()).toEqual([
    { instanceId: id, type: 'r6i.large', market: 'on-demand', seconds: 3660, usd: (3660 / 3600) * 0.126 },
  ]);
});

test('a used token of a terminated instance makes no other', async () => {
  const { ec2, client } = await open();
  const id = await running(ec2, client, { ClientToken: 't' });
  await client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  await reach(ec2, id, 'terminated');
  expect(await refusal(launch(client, { ClientToken: 't' }))).toBe('IdempotentInstanceTerminated');
  expect(ec2.instances()).toHaveLength(1);
});

test('a refused launch leaves its token unused', async () => {
  const { ec2, client } = await open();
  ec2.faults.add({ action: 'RunInstances', kind: 'no-capacity', times: 1 });
  expect(await refusal(launch(client, { ClientToken: 't' }))).toBe('InsufficientInstanceCapacity');
  await launch(client, { ClientToken: 't' });
});

test('a hundred launches at once are a hundred instances, and the same twice is the same', async () => {
  const { ec2, client, hosts } = await open();
  const tokens = Array.from({ length: 100 }, (_none, index) => `token-${index % 50}`);
  const made = await Promise.all(tokens.map(ClientToken => launch(client, { ClientToken })));
  const ids = made.map(({ Instances }) => Instances![0]!.InstanceId!);
  expect(new Set(ids).size).toBe(50);
  expect(ids.slice(50)).toEqual(ids.slice(0, 50));
  await Promise.all(Array.from({ length: 100 }, () => launch(client)));
  await eventually('all instances are so', () => ec2.instances().every(({ state }) => state === 'running'));
  expect(hosts.booted).toHaveLength(150);
  await client.send(new TerminateInstancesCommand({ InstanceIds: ec2.instances().map(({ id }) => id) }));
  await eventually('all instances are so', () => ec2.instances().every(({ state }) => state === 'terminated'));
  expect(hosts.deeds).toHaveLength(150);
  expect(ec2.leftovers().volumes).toEqual([]);
});

test('who does not ask on misses what is on the next page', async () => {
  const { client } = await open({ pageSize: 2 });
  await launch(client, { MinCount: 5, MaxCount: 5 });
  const { Reservations, NextToken } = await client.send(new DescribeInstancesCommand({}));
  expect(Reservations!.flatMap(({ Instances }) => Instances!)).toHaveLength(2);
  expect(NextToken).toBeDefined();
  let seen = 0;
  for await (const page of paginateDescribeInstances({ client }, {}))
    for (const { Instances } of page.Reservations!) seen += Instances!.length;
  expect(seen).toBe(5);
  const types = new Set<string>();
  for await (const page of paginateDescribeInstanceTypes({ client }, {}))
    for (const { InstanceType } of page.InstanceTypes!) types.add(InstanceType!);
  expect(types.size).toBeGreaterThanOrEqual(40);
});

test('what may not be done is refused, of a dry run too; what is not signed is nobody', async () => {
  const { ec2, client } = await open({ authorize: ({ action }) => action !== 'RunInstances' });
  expect(await refusal(launch(client, { DryRun: true }))).toBe('UnauthorizedOperation');
  expect((await client.send(new DescribeInstancesCommand({}))).Reservations).toEqual([]);
  const unsigned = await fetch(ec2.endpoint, { method: 'POST', body: 'Action=DescribeInstances' });
  expect(unsigned.status).toBe(401);
  expect(await unsigned.text()).toContain('<Code>AuthFailure</Code>');
});

test('spot requests are tagged by spot launches only', async () => {
  const { client } = await open();
  const Tags = [{ Key: 'megalith', Value: '1' }];
  const TagSpecifications = [{ ResourceType: 'spot-instances-request', Tags }];
  expect(await refusal(launch(client, { TagSpecifications }))).toBe('InvalidParameterValue');
  await launch(client, { TagSpecifications, InstanceMarketOptions: { MarketType: 'spot' } });
});

test('a volume that is to stay is left over', async () => {
  const { ec2, client } = await open();
  const ebs = { VolumeSize: 64, VolumeType: 'gp3' as const, Iops: 4000, Throughput: 1000, Encrypted: true };
  const mapping = (Ebs: object) => ({ BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs }] });
  expect(await refusal(launch(client, mapping({ ...ebs, Iops: 3000 })))).toBe('InvalidParameterCombination');
  const id = await running(ec2, client, mapping({ ...ebs, DeleteOnTermination: false }));
  const { Volumes } = await client.send(new DescribeVolumesCommand({}));
  expect(Volumes).toEqual([
    expect.objectContaining({ Size: 64, Throughput: 1000, Iops: 4000, Encrypted: true, State: 'in-use' }),
  ]);
  await client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  await reach(ec2, id, 'terminated');
  expect(ec2.leftovers().volumes).toEqual([Volumes![0]!.VolumeId]);
});

test('not every zone has every type', async () => {
  const { client } = await open();
  const { InstanceTypeOfferings } = await client.send(
    new DescribeInstanceTypeOfferingsCommand({
      LocationType: 'availability-zone',
      Filters: [{ Name: 'instance-type', Values: ['u7i-6tb.112xlarge'] }],
    }),
  );
  expect(InstanceTypeOfferings!.map(({ Location }) => Location)).toEqual(['us-east-1a', 'us-east-1c']);
  const there = { InstanceType: 'u7i-6tb.112xlarge', Placement: { AvailabilityZone: 'us-east-1b' } };
  expect(await refusal(launch(client, there))).toBe('Unsupported');
  expect(await refusal(launch(client, { InstanceType: 'x8g.16xlarge' }))).toBe('InvalidParameterValue');
  const { InstanceTypes } = await client.send(new DescribeInstanceTypesCommand({ InstanceTypes: ['x8g.16xlarge'] }));
  expect(InstanceTypes![0]!.ProcessorInfo!.SupportedArchitectures).toEqual(['arm64']);
});
