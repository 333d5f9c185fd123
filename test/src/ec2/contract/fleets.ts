import {
  CreateFleetCommand,
  CreateLaunchTemplateCommand,
  DeleteLaunchTemplateCommand,
  type FleetLaunchTemplateOverridesRequest,
} from '@aws-sdk/client-ec2';
import { expect } from 'vitest';
import { once, refusal, terminate, unique } from './ask.js';
import type { ContractContext, ContractPart } from './define-contract.js';

async function withTemplate(context: ContractContext, act: (LaunchTemplateId: string) => Promise<void>): Promise<void> {
  const { LaunchTemplate } = await context.ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: unique(),
      LaunchTemplateData: {
        ImageId: context.imageId,
        InstanceInitiatedShutdownBehavior: 'terminate',
        TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'from', Value: 'template' }] }],
      },
    }),
  );
  const LaunchTemplateId = LaunchTemplate!.LaunchTemplateId!;
  await act(LaunchTemplateId);
  await context.ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId }));
}

const fleet = (LaunchTemplateId: string, Overrides: FleetLaunchTemplateOverridesRequest[], count: number) => ({
  Type: 'instant' as const,
  LaunchTemplateConfigs: [{ LaunchTemplateSpecification: { LaunchTemplateId, Version: '$Latest' }, Overrides }],
  TargetCapacitySpecification: { TotalTargetCapacity: count, DefaultTargetCapacityType: 'on-demand' as const },
});

export const fleets: ContractPart = {
  'an instant fleet gives its instances in the reply, with the tags of template and fleet': async context => {
    const { ec2, subnets } = context;
    await withTemplate(context, async id => {
      const overrides = subnets.map(({ id: SubnetId }) => ({ InstanceType: 't3.micro' as const, SubnetId }));
      const { Instances, Errors } = await ec2.send(
        new CreateFleetCommand({
          ...fleet(id, overrides, 2),
          TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'of', Value: 'fleet' }] }],
        }),
      );
      expect(Errors ?? []).toEqual([]);
      const ids = Instances!.flatMap(({ InstanceIds }) => InstanceIds!);
      expect(ids).toHaveLength(2);
      const instance = await once(ec2, ids[0]!);
      expect(instance.Tags).toEqual(
        expect.arrayContaining([
          { Key: 'from', Value: 'template' },
          { Key: 'of', Value: 'fleet' },
        ]),
      );
      await terminate(
        ec2,
        ids.map(InstanceId => ({ InstanceId })),
      );
    });
  },

  'an instance says which fleet and template it is of': async context => {
    await withTemplate(context, async id => {
      const overrides = [{ InstanceType: 't3.micro' as const, SubnetId: context.subnets[0]!.id }];
      const { Instances, FleetId } = await context.ec2.send(new CreateFleetCommand(fleet(id, overrides, 1)));
      const [InstanceId] = Instances!.flatMap(({ InstanceIds }) => InstanceIds!);
      const { Tags } = await once(context.ec2, InstanceId!);
      expect(Tags).toContainEqual({ Key: 'aws:ec2launchtemplate:id', Value: id });
      expect(Tags).toContainEqual({ Key: 'aws:ec2:fleet-id', Value: FleetId });
      await terminate(context.ec2, [{ InstanceId: InstanceId! }]);
    });
  },

  'on demand, the cheapest override goes first': async context => {
    await withTemplate(context, async id => {
      const types = ['r6i.large', 't3.micro', 'm6i.large'] as const;
      const overrides = types.map(InstanceType => ({ InstanceType, SubnetId: context.subnets[0]!.id }));
      const { Instances } = await context.ec2.send(new CreateFleetCommand(fleet(id, overrides, 1)));
      expect(Instances!.map(({ InstanceType }) => InstanceType)).toEqual(['t3.micro']);
      await terminate(
        context.ec2,
        Instances!.flatMap(({ InstanceIds }) => InstanceIds!).map(InstanceId => ({ InstanceId })),
      );
    });
  },

  'the same client token gives the same fleet': async context => {
    await withTemplate(context, async id => {
      const overrides = [{ InstanceType: 't3.micro' as const, SubnetId: context.subnets[0]!.id }];
      const input = { ...fleet(id, overrides, 1), ClientToken: unique() };
      const first = await context.ec2.send(new CreateFleetCommand(input));
      const second = await context.ec2.send(new CreateFleetCommand(input));
      expect(second.FleetId).toBe(first.FleetId);
      expect(second.Instances).toEqual(first.Instances);
      await terminate(
        context.ec2,
        first.Instances!.flatMap(({ InstanceIds }) => InstanceIds!).map(InstanceId => ({ InstanceId })),
      );
    });
  },

  'a fleet of a template that is not there is refused': async context => {
    expect(await refusal(context.ec2.send(new CreateFleetCommand(fleet('lt-0123456789abcdef0', [], 1))))).toBe(
      'InvalidLaunchTemplateId.NotFound',
    );
  },
};
