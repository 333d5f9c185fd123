import {
  DescribeInstanceAttributeCommand,
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  ModifyInstanceAttributeCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
  waitUntilInstanceRunning,
  waitUntilInstanceStopped,
  waitUntilInstanceTerminated,
} from '@aws-sdk/client-ec2';
import { expect } from 'vitest';
import { isIn, once, refusal, run, terminate } from './ask.js';
import type { ContractPart } from './define-contract.js';

export const lives: ContractPart = {
  'an instance is pending before it runs': async context => {
    const made = await run(context);
    expect(made[0]!.State).toEqual({ Code: 0, Name: 'pending' });
    const running = await once(context.ec2, made[0]!.InstanceId!, isIn('running'));
    expect(running.PrivateIpAddress).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    expect(running.PublicIpAddress).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    await terminate(context.ec2, made);
  },

  'the checks of a running instance are told by its id': async context => {
    const { ec2 } = context;
    const made = await run(context);
    const InstanceIds = [made[0]!.InstanceId!];
    await once(ec2, InstanceIds[0]!, isIn('running'));
    const { InstanceStatuses } = await ec2.send(new DescribeInstanceStatusCommand({ InstanceIds }));
    expect(InstanceStatuses).toMatchObject([
      { InstanceId: InstanceIds[0], InstanceStatus: { Status: 'ok' }, SystemStatus: { Status: 'ok' } },
    ]);
    await terminate(ec2, made);
  },

  'a stopped instance keeps its id, private address and volume, and loses its public address': async context => {
    const { ec2 } = context;
    const made = await run(context);
    const InstanceIds = [made[0]!.InstanceId!];
    const wait = { client: ec2, maxWaitTime: 20, minDelay: 0.02, maxDelay: 0.1 };
    await once(ec2, InstanceIds[0]!);
    await waitUntilInstanceRunning(wait, { InstanceIds });
    const before = await once(ec2, InstanceIds[0]!);
    const { StoppingInstances } = await ec2.send(new StopInstancesCommand({ InstanceIds }));
    expect(StoppingInstances![0]!.CurrentState!.Name).toBe('stopping');
    await waitUntilInstanceStopped(wait, { InstanceIds });
    const stopped = await once(ec2, InstanceIds[0]!);
    expect(stopped.PublicIpAddress).toBeUndefined();
    expect(stopped.PrivateIpAddress).toBe(before.PrivateIpAddress);
    expect(stopped.BlockDeviceMappings!.map(({ Ebs }) => Ebs!.VolumeId)).toEqual(
      before.BlockDeviceMappings!.map(({ Ebs }) => Ebs!.VolumeId),
    );
    const { StartingInstances } = await ec2.send(new StartInstancesCommand({ InstanceIds }));
    expect(StartingInstances![0]!.CurrentState!.Name).toBe('pending');
    await waitUntilInstanceRunning(wait, { InstanceIds });
    await ec2.send(new TerminateInstancesCommand({ InstanceIds }));
    await waitUntilInstanceTerminated(wait, { InstanceIds });
  },

  'what the shutdown of an instance is can be changed, and told': async context => {
    const { ec2 } = context;
    const made = await run(context, { InstanceInitiatedShutdownBehavior: 'terminate' });
    const InstanceId = made[0]!.InstanceId!;
    await once(ec2, InstanceId, isIn('running'));
    const Attribute = 'instanceInitiatedShutdownBehavior';
    const behavior = async () =>
      (await ec2.send(new DescribeInstanceAttributeCommand({ InstanceId, Attribute })))
        .InstanceInitiatedShutdownBehavior;
    expect(await behavior()).toEqual({ Value: 'terminate' });
    for (const Value of ['stop', 'terminate']) {
      const InstanceInitiatedShutdownBehavior = { Value };
      await ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, InstanceInitiatedShutdownBehavior }));
      expect(await behavior()).toEqual({ Value });
    }
    await terminate(ec2, made);
  },

  'a terminated instance is shutting down first, and is listed for a while': async context => {
    const made = await run(context);
    const InstanceIds = [made[0]!.InstanceId!];
    await once(context.ec2, InstanceIds[0]!);
    const { TerminatingInstances } = await context.ec2.send(new TerminateInstancesCommand({ InstanceIds }));
    expect(TerminatingInstances![0]!.CurrentState!.Name).toBe('shutting-down');
    const gone = await once(context.ec2, InstanceIds[0]!, isIn('terminated'));
    expect(gone.StateReason!.Code).toBe('Client.UserInitiatedShutdown');
    expect(gone.PublicIpAddress).toBeUndefined();
    const again = await context.ec2.send(new TerminateInstancesCommand({ InstanceIds }));
    expect(again.TerminatingInstances![0]!.CurrentState!.Name).toBe('terminated');
  },

  'a terminated instance cannot be started': async context => {
    const made = await run(context);
    await terminate(context.ec2, made);
    const InstanceIds = [made[0]!.InstanceId!];
    expect(await refusal(context.ec2.send(new StartInstancesCommand({ InstanceIds })))).toBe('IncorrectInstanceState');
  },

  'ids and a page size do not go together': async context => {
    const InstanceIds = ['i-0123456789abcdef0'];
    expect(await refusal(context.ec2.send(new DescribeInstancesCommand({ InstanceIds, MaxResults: 5 })))).toBe(
      'InvalidParameterCombination',
    );
  },
};
