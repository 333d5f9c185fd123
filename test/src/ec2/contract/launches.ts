import {
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  paginateDescribeInstances,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { expect } from 'vitest';
import { once, refusal, run, terminate, unique } from './ask.js';
import type { ContractPart } from './define-contract.js';

const tagged = (kind: 'instance' | 'volume', value: string) => ({
  ResourceType: kind,
  Tags: [
    { Key: 'megalith', Value: '1' },
    { Key: 'megalith:intent', Value: value },
  ],
});

export const launches: ContractPart = {
  'tags of the create call are there with the instance and its volume': async context => {
    const intent = unique();
    const made = await run(context, { TagSpecifications: [tagged('instance', intent), tagged('volume', intent)] });
    expect(made[0]!.Tags).toContainEqual({ Key: 'megalith:intent', Value: intent });
    const id = made[0]!.InstanceId!;
    expect((await once(context.ec2, id)).Tags).toContainEqual({ Key: 'megalith', Value: '1' });
    const Filters = [{ Name: 'attachment.instance-id', Values: [id] }];
    const { Volumes } = await context.ec2.send(new DescribeVolumesCommand({ Filters }));
    expect(Volumes!.map(({ Tags }) => Tags)).toEqual([
      expect.arrayContaining([{ Key: 'megalith:intent', Value: intent }]),
    ]);
    await terminate(context.ec2, made);
  },

  'the same client token gives the same instance': async context => {
    const ClientToken = unique();
    const first = await run(context, { ClientToken });
    const second = await run(context, { ClientToken });
    expect(second.map(({ InstanceId }) => InstanceId)).toEqual(first.map(({ InstanceId }) => InstanceId));
    expect((await once(context.ec2, first[0]!.InstanceId!)).ClientToken).toBe(ClientToken);
    await terminate(context.ec2, first);
  },

  'the same client token with other parameters is refused': async context => {
    const ClientToken = unique();
    const first = await run(context, { ClientToken });
    expect(await refusal(run(context, { ClientToken, InstanceType: 'm6i.large' }))).toBe('IdempotentParameterMismatch');
    await terminate(context.ec2, first);
  },

  'as many instances start as there is room for, up to MaxCount': async context => {
    const made = await run(context, { MinCount: 1, MaxCount: 3 });
    expect(new Set(made.map(({ InstanceId }) => InstanceId)).size).toBe(3);
    await terminate(context.ec2, made);
  },

  'a dry run is refused with what it would have been': async context => {
    expect(await refusal(run(context, { DryRun: true }))).toBe('DryRunOperation');
  },

  'an unknown type is refused': async context => {
    expect(await refusal(run(context, { InstanceType: 'r6i.33xlarge' as 't3.micro' }))).toBe('InvalidParameterValue');
  },

  'an unknown image is refused': async context => {
    expect(await refusal(run(context, { ImageId: 'ami-0123456789abcdef0' }))).toBe('InvalidAMIID.NotFound');
  },

  'an unknown key pair is refused': async context => {
    expect(await refusal(run(context, { KeyName: unique() }))).toBe('InvalidKeyPair.NotFound');
  },

  'an unknown instance is refused by its id': async ({ ec2 }) => {
    const InstanceIds = ['i-0123456789abcdef0'];
    expect(await refusal(ec2.send(new DescribeInstancesCommand({ InstanceIds })))).toBe('InvalidInstanceID.NotFound');
  },

  'user data can be read back': async context => {
    const made = await run(context, { UserData: Buffer.from('#cloud-config\n').toString('base64') });
    const InstanceId = made[0]!.InstanceId!;
    await once(context.ec2, InstanceId);
    const { UserData } = await context.ec2.send(
      new DescribeInstanceAttributeCommand({ InstanceId, Attribute: 'userData' }),
    );
    expect(Buffer.from(UserData!.Value!, 'base64').toString()).toBe('#cloud-config\n');
    await terminate(context.ec2, made);
  },

  'user data beyond 16 KiB is refused': async context => {
    expect(await refusal(run(context, { UserData: Buffer.alloc(16_385).toString('base64') }))).toBe(
      'InvalidParameterValue',
    );
  },

  'lists are paged, and filters find what fits all of them': async context => {
    const intent = unique();
    const made = await Promise.all(
      Array.from({ length: 7 }, () => run(context, { TagSpecifications: [tagged('instance', intent)] })),
    );
    const ids = made.flat().map(({ InstanceId }) => InstanceId!);
    for (const id of ids) await once(context.ec2, id);
    const Filters = [
      { Name: 'tag:megalith:intent', Values: [intent] },
      { Name: 'instance-state-name', Values: ['pending', 'running'] },
    ];
    const found: string[] = [];
    let pages = 0;
    for await (const page of paginateDescribeInstances({ client: context.ec2, pageSize: 5 }, { Filters })) {
      pages++;
      found.push(...page.Reservations!.flatMap(one => one.Instances!.map(({ InstanceId }) => InstanceId!)));
    }
    expect(found.toSorted()).toEqual(ids.toSorted());
    expect(pages).toBe(2);
    await terminate(context.ec2, made.flat());
  },

  'spot is told from on demand': async context => {
    const made = await run(context, { InstanceMarketOptions: { MarketType: 'spot' } });
    const spot = await once(context.ec2, made[0]!.InstanceId!);
    expect(spot.InstanceLifecycle).toBe('spot');
    expect(spot.SpotInstanceRequestId).toMatch(/^sir-/);
    await terminate(context.ec2, made);
  },

  'a client token of more than 64 characters is refused': async context => {
    const input = { ImageId: context.imageId, MinCount: 1, MaxCount: 1, ClientToken: 'x'.repeat(65) };
    expect(await refusal(context.ec2.send(new RunInstancesCommand({ ...input, InstanceType: 't3.micro' })))).toBe(
      'InvalidParameterValue',
    );
  },
};
