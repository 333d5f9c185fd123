import {
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { eventually } from '../conformance/eventually.js';
import { untilGreeted } from '../hosts/banner.js';
import { startInstanceHosts } from './hosts/start-instance-hosts.js';
import { startEc2 } from './start-ec2.js';
import { testClients } from './test-clients.js';

test('an instance is a host that answers while it runs, and is gone with it', async () => {
  const hosts = await startInstanceHosts({ kind: 'ssh2' });
  await using ec2 = await startEc2({ hosts, consistencyLagMs: 0 });
  const { ec2: client, close } = testClients(ec2.endpoint);
  const reach = (id: string, state: string) => eventually(`${id} is ${state}`, () => ec2.instance(id)?.state === state);
  const image = { ImageId: 'ami-0a1202300000086c4', InstanceType: 't3.micro' as const };
  const { Instances } = await client.send(new RunInstancesCommand({ ...image, MinCount: 1, MaxCount: 1 }));
  const id = Instances![0]!.InstanceId!;
  const InstanceIds = [id];
  await reach(id, 'running');
  await untilGreeted(ec2.instance(id)!.publicAddress!, ec2.portOf(id)!);
  await client.send(new StopInstancesCommand({ InstanceIds }));
  await reach(id, 'stopped');
  expect(ec2.instance(id)!.publicAddress).toBeUndefined();
  await client.send(new StartInstancesCommand({ InstanceIds }));
  await reach(id, 'running');
  await untilGreeted(ec2.instance(id)!.publicAddress!, ec2.portOf(id)!);
  await client.send(new TerminateInstancesCommand({ InstanceIds }));
  await reach(id, 'terminated');
  expect(ec2.instance(id)!.hostProblem).toBeUndefined();
  close();
});
