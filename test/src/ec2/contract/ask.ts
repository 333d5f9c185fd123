import { randomBytes } from 'node:crypto';
import {
  DescribeInstancesCommand,
  type EC2Client,
  type Instance,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { eventually } from '../../conformance/eventually.js';
import type { ContractContext } from './define-contract.js';

/** A name that nothing else has. */
export function unique(): string {
  return `megalith-${randomBytes(6).toString('hex')}`;
}

export async function run(
  { ec2, imageId, subnets }: ContractContext,
  input: Partial<RunInstancesCommandInput> = {},
): Promise<Instance[]> {
  const { Instances } = await ec2.send(
    new RunInstancesCommand({
      ImageId: imageId,
      InstanceType: 't3.micro',
      MinCount: 1,
      MaxCount: 1,
      SubnetId: subnets[0]!.id,
      ...input,
    }),
  );
  return Instances!;
}

/** The instance once it is seen, and so. */
export async function once(
  ec2: EC2Client,
  id: string,
  isSo: (instance: Instance) => boolean = () => true,
): Promise<Instance> {
  return eventually(`${id} is as it should be`, async () => {
    const instance = await find(ec2, id);
    return instance !== undefined && isSo(instance) ? instance : undefined;
  });
}

export const isIn =
  (...states: readonly string[]) =>
  (instance: Instance): boolean =>
    states.includes(instance.State!.Name!);

async function find(ec2: EC2Client, id: string): Promise<Instance | undefined> {
  const Filters = [{ Name: 'instance-id', Values: [id] }];
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({ Filters }));
  return Reservations?.[0]?.Instances?.[0];
}

export async function terminate(
  ec2: EC2Client,
  instances: readonly { InstanceId?: string | undefined }[],
): Promise<void> {
  const ids = instances.map(({ InstanceId }) => InstanceId!);
  await Promise.all(ids.map(id => once(ec2, id)));
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: ids }));
  await Promise.all(ids.map(id => once(ec2, id, isIn('terminated'))));
}

/** The code that a call is refused with. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    return (error as Error).name;
  }
  return 'not refused';
}
