import {
  CreateFleetCommand,
  CreateLaunchTemplateCommand,
  DescribeInstancesCommand,
  type EC2Client,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../conformance/eventually.js';
import { refusal } from './contract/ask.js';
import type { Ec2Simulator } from './ec2-simulator.js';
import { type NoHosts, noHosts } from './no-hosts.js';
import { startEc2 } from './start-ec2.js';
import { testClients } from './test-clients.js';

let hosts: NoHosts;
let ec2: Ec2Simulator;
let clients: ReturnType<typeof testClients>;
let client: EC2Client;

beforeEach(async () => {
  hosts = noHosts();
  ec2 = await startEc2({ hosts, bootMs: 5, endMs: 5, consistencyLagMs: 0 });
  clients = testClients(ec2.endpoint);
  client = clients.ec2;
});

afterEach(async () => {
  clients.close();
  await ec2.close();
});

const launch = (more: object = {}) =>
  client.send(
    new RunInstancesCommand({
      ImageId: 'ami-0a1202300000086c4',
      InstanceType: 'r6i.large',
      MinCount: 1,
      MaxCount: 1,
      TagSpecifications: [
        {
          ResourceType: 'instance',
          Tags: [
            { Key: 'megalith', Value: '1' },
            { Key: 'megalith:owner', Value: 'me' },
          ],
        },
      ],
      ...more,
    }),
  );

const newId = async (more: object = {}) => (await launch(more)).Instances![0]!.InstanceId!;

const reach = (id: string, state: string) => eventually(`${id} is ${state}`, () => ec2.instance(id)?.state === state);

const describeById = (id: string) => client.send(new DescribeInstancesCommand({ InstanceIds: [id] }));

async function fleet(count: number, more: object = {}, types: string[] = ['m6i.large', 'r6i.large']) {
  await client.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: 'the-template',
      LaunchTemplateData: { ImageId: 'ami-0a1202300000086c4' },
    }),
  );
  const Overrides = types.flatMap(InstanceType =>
    ['us-east-1a', 'us-east-1b'].map(AvailabilityZone => ({
      InstanceType: InstanceType as 't3.micro',
      AvailabilityZone,
    })),
  );
  const LaunchTemplateSpecification = { LaunchTemplateName: 'the-template', Version: '1' };
  return client.send(
    new CreateFleetCommand({
      Type: 'instant',
      LaunchTemplateConfigs: [{ LaunchTemplateSpecification, Overrides }],
      TargetCapacitySpecification: { TotalTargetCapacity: count, DefaultTargetCapacityType: 'on-demand' },
      ...more,
    }),
  );
}

test('an error comes as often as asked, with its HTTP status, and nothing is done', async () => {
  const fault = ec2.faults.add({ action: 'RunInstances', kind: 'error', code: 'RequestLimitExceeded', times: 2 });
  await expect(launch()).rejects.toMatchObject({
    name: 'RequestLimitExceeded',
    $metadata: { httpStatusCode: 503 },
    $fault: 'server',
  });
  await expect(launch()).rejects.toMatchObject({ name: 'RequestLimitExceeded' });
  expect(ec2.instances()).toEqual([]);
  await launch();
  expect(fault.hits).toBe(2);
  expect(ec2.requests.map(({ outcome }) => outcome)).toEqual(['RequestLimitExceeded', 'RequestLimitExceeded', 'ok']);
});

test('a fault may look at the request, and can be removed', async () => {
  const fault = ec2.faults.add({
    action: '*',
    when: params => params.InstanceType === 'm6i.large',
    kind: 'error',
    code: 'UnauthorizedOperation',
  });
  await launch();
  await expect(launch({ InstanceType: 'm6i.large' })).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
  fault.remove();
  await launch({ InstanceType: 'm6i.large' });
});

test('a lost reply leaves the deed done, and the same token finds it', async () => {
  ec2.faults.add({ action: 'RunInstances', kind: 'reply-lost', times: 1 });
  const ClientToken = 'one';
  await expect(launch({ ClientToken })).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(ec2.instances()).toHaveLength(1);
  expect(await newId({ ClientToken })).toBe(ec2.instances()[0]!.id);
  expect(ec2.instances()).toHaveLength(1);
});

test('a lost request leaves nothing', async () => {
  ec2.faults.add({ action: 'RunInstances', kind: 'request-lost', times: 1 });
  await expect(launch()).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(ec2.instances()).toEqual([]);
});

test('a hung reply never comes, though the deed is done', async () => {
  ec2.faults.add({ action: 'RunInstances', kind: 'reply-hung' });
  const input = { ImageId: 'ami-0a1202300000086c4', InstanceType: 't3.micro' as const, MinCount: 1, MaxCount: 1 };
  const abort = new AbortController();
  const call = client.send(new RunInstancesCommand(input), { abortSignal: abort.signal });
  call.catch(() => undefined);
  await eventually('the instance is there', () => ec2.instances().length === 1);
  abort.abort();
  await expect(call).rejects.toMatchObject({ name: 'AbortError' });
});

test('a late reply comes after the deed', async () => {
  ec2.faults.add({ action: 'RunInstances', kind: 'reply-late', ms: 300 });
  const call = launch();
  await eventually('the instance is there', () => ec2.instances()[0]?.state === 'running');
  expect((await call).Instances).toHaveLength(1);
});

test('a zone without room sends who names no zone elsewhere, and refuses who does', async () => {
  ec2.faults.add({ action: '*', kind: 'no-capacity', type: 'r6i.*', zone: 'us-east-1a' });
  await expect(launch({ Placement: { AvailabilityZone: 'us-east-1a' } })).rejects.toMatchObject({
    name: 'InsufficientInstanceCapacity',
    $metadata: { httpStatusCode: 500 },
  });
  await newId();
  await newId({ InstanceType: 'm6i.large', Placement: { AvailabilityZone: 'us-east-1a' } });
  expect(ec2.instances().map(({ zone }) => zone)).toEqual(['us-east-1b', 'us-east-1a']);
});

test('a stopped instance needs room to start', async () => {
  const id = await newId();
  await reach(id, 'running');
  await client.send(new StopInstancesCommand({ InstanceIds: [id] }));
  await reach(id, 'stopped');
  ec2.faults.add({ action: 'StartInstances', kind: 'no-capacity', times: 1 });
  const start = () => client.send(new StartInstancesCommand({ InstanceIds: [id] }));
  expect(await refusal(start())).toBe('InsufficientInstanceCapacity');
  await start();
  await reach(id, 'running');
  expect(hosts.deeds).toEqual([`powerOff ${id}`, `powerOn ${id}`]);
});

test('a fleet passes by a pool without room, and says so', async () => {
  ec2.faults.add({ action: 'CreateFleet', kind: 'no-capacity', type: 'm6i.large', zone: 'us-east-1a' });
  ec2.faults.add({
    action: 'CreateFleet',
    kind: 'no-capacity',
    type: 'm6i.large',
    zone: 'us-east-1b',
    available: 1,
    code: 'UnfulfillableCapacity',
  });
  const { Instances, Errors } = await fleet(3);
  expect(Instances!.map(made => [made.InstanceType, made.InstanceIds!.length])).toEqual([
    ['m6i.large', 1],
    ['r6i.large', 2],
  ]);
  expect(
    Errors!.map(error => [
      error.ErrorCode,
      error.Lifecycle,
      error.LaunchTemplateAndOverrides!.Overrides!.AvailabilityZone,
    ]),
  ).toEqual([
    ['InsufficientInstanceCapacity', 'on-demand', 'us-east-1a'],
    ['UnfulfillableCapacity', 'on-demand', 'us-east-1b'],
  ]);
});

test('a partial fleet has fewer instances than asked, and errors', async () => {
  ec2.faults.add({ action: 'CreateFleet', kind: 'partial', count: 2 });
  const { Instances, Errors } = await fleet(5);
  expect(Instances!.flatMap(({ InstanceIds }) => InstanceIds!)).toHaveLength(2);
  expect(Errors!.map(({ ErrorCode }) => ErrorCode)).toContain('UnfulfillableCapacity');
});

test('a fleet that cannot have its least starts nothing', async () => {
  ec2.faults.add({ action: 'CreateFleet', kind: 'partial', count: 2 });
  const { Instances } = await fleet(5, { OnDemandOptions: { MinTargetCapacity: 3 } });
  expect(Instances ?? []).toEqual([]);
  expect(ec2.instances()).toEqual([]);
});

test('a fleet mixes markets, and takes priorities', async () => {
  const TargetCapacitySpecification = {
    TotalTargetCapacity: 3,
    OnDemandTargetCapacity: 1,
    DefaultTargetCapacityType: 'spot',
  };
  await fleet(0, { TargetCapacitySpecification });
  expect(ec2.instances().map(({ market }) => market)).toEqual(['on-demand', 'spot', 'spot']);
});

test('a new instance may be unseen for a while, to all calls but the one that made it', async () => {
  ec2.faults.add({ action: 'RunInstances', kind: 'unseen', ms: 200 });
  const id = await newId();
  expect(await refusal(describeById(id))).toBe('InvalidInstanceID.NotFound');
  expect(await refusal(client.send(new TerminateInstancesCommand({ InstanceIds: [id] })))).toBe(
    'InvalidInstanceID.NotFound',
  );
  expect((await client.send(new DescribeInstancesCommand({}))).Reservations).toEqual([]);
  await eventually('the instance is seen', async () => (await refusal(describeById(id))) === 'not refused');
});

test('terminate may say that there is no such instance, while it runs', async () => {
  const id = await newId();
  ec2.faults.add({ action: 'TerminateInstances', kind: 'not-found', times: 1 });
  const terminate = () => client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  await expect(terminate()).rejects.toMatchObject({
    name: 'InvalidInstanceID.NotFound',
    message: expect.stringContaining(id),
  });
  await reach(id, 'running');
  await terminate();
  await reach(id, 'terminated');
});

test('tags may be lost, all or some', async () => {
  ec2.faults.add({ action: 'RunInstances', kind: 'tags-lost', times: 1 });
  ec2.faults.add({ action: 'RunInstances', kind: 'tags-lost', keys: ['megalith:owner'], times: 1 });
  const ids = [await newId(), await newId(), await newId()];
  expect(ids.map(id => Object.keys(ec2.instance(id)!.tags))).toEqual([
    [],
    ['megalith'],
    ['megalith', 'megalith:owner'],
  ]);
});

test("launch times may go by another clock than the client's", async () => {
  ec2.faults.add({ action: 'RunInstances', kind: 'clock-skew', ms: 3_600_000 });
  const { Instances } = await launch();
  expect(Instances![0]!.LaunchTime!.getTime() - Date.now()).toBeGreaterThan(3_000_000);
});

test('an instance that cannot boot is terminated, with the reason', async () => {
  ec2.faults.add({ action: 'RunInstances', kind: 'boot-fails' });
  const id = await newId();
  await reach(id, 'terminated');
  const { Reservations } = await describeById(id);
  expect(Reservations![0]!.Instances![0]!.StateReason!.Code).toBe('Server.InternalError');
  expect(hosts.booted).toEqual([]);
});

test('an instance may be pending for long, and be terminated meanwhile', async () => {
  ec2.faults.add({ action: 'RunInstances', kind: 'slow-boot', ms: 600_000 });
  const id = await newId();
  await eventually('the host is up', () => ec2.portOf(id) === 22);
  expect(ec2.instance(id)!.state).toBe('pending');
  await client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  await reach(id, 'terminated');
  expect(hosts.deeds).toEqual([`destroy ${id}`]);
});
