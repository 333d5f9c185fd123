import {
  DescribeAvailabilityZonesCommand,
  DescribeImagesCommand,
  DescribeInstanceTypesCommand,
  DescribeVpcsCommand,
  paginateDescribeInstanceTypes,
  paginateDescribeSpotPriceHistory,
} from '@aws-sdk/client-ec2';
import { expect } from 'vitest';
import { refusal } from './ask.js';
import type { ContractPart } from './define-contract.js';

export const catalogue: ContractPart = {
  'types have their cores, memory, architecture and disks': async ({ ec2 }) => {
    const InstanceTypes = ['r6id.32xlarge' as const];
    const { InstanceTypes: types } = await ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes }));
    expect(types![0]).toMatchObject({
      InstanceType: 'r6id.32xlarge',
      BareMetal: false,
      BurstablePerformanceSupported: false,
      VCpuInfo: { DefaultVCpus: 128, DefaultCores: 64 },
      MemoryInfo: { SizeInMiB: 1_048_576 },
      ProcessorInfo: { SupportedArchitectures: ['x86_64'] },
      InstanceStorageInfo: { TotalSizeInGB: 7600, Disks: [{ Count: 4, SizeInGB: 1900, Type: 'ssd' }] },
      EbsInfo: { EbsOptimizedInfo: { MaximumThroughputInMBps: 5000 } },
      SupportedUsageClasses: ['on-demand', 'spot'],
    });
  },

  'types are filtered, and come in pages': async ({ ec2 }) => {
    const Filters = [
      { Name: 'instance-type', Values: ['r6i.*'] },
      { Name: 'bare-metal', Values: ['false'] },
    ];
    const found: string[] = [];
    let pages = 0;
    for await (const page of paginateDescribeInstanceTypes({ client: ec2, pageSize: 5 }, { Filters })) {
      pages++;
      found.push(...page.InstanceTypes!.map(({ InstanceType }) => InstanceType!));
    }
    expect(found).toContain('r6i.32xlarge');
    expect(found).not.toContain('r6i.metal');
    expect(found).toHaveLength(9);
    expect(pages).toBe(2);
  },

  'an unknown type is refused by its name': async ({ ec2 }) => {
    const InstanceTypes = ['r6i.33xlarge' as 't3.micro'];
    expect(await refusal(ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes })))).toBe('InvalidInstanceType');
  },

  'an unknown filter is refused': async ({ ec2 }) => {
    const Filters = [{ Name: 'colour', Values: ['red'] }];
    expect(await refusal(ec2.send(new DescribeInstanceTypesCommand({ Filters })))).toBe('InvalidParameterValue');
  },

  'spot prices have a type, a zone and a price below the other': async ({ ec2 }) => {
    const input = { InstanceTypes: ['m6i.large' as const], ProductDescriptions: ['Linux/UNIX'] };
    const prices: number[] = [];
    for await (const page of paginateDescribeSpotPriceHistory({ client: ec2, pageSize: 5 }, input)) {
      for (const price of page.SpotPriceHistory!) {
        expect(price).toMatchObject({ InstanceType: 'm6i.large', ProductDescription: expect.any(String) });
        prices.push(Number(price.SpotPrice));
      }
    }
    expect(prices.length).toBeGreaterThan(0);
    for (const price of prices) expect(price).toBeLessThan(0.096);
    for (const price of prices) expect(price).toBeGreaterThan(0.0096);
  },

  'zones are named': async ({ ec2 }) => {
    const { AvailabilityZones } = await ec2.send(new DescribeAvailabilityZonesCommand({}));
    expect(AvailabilityZones!.map(({ ZoneName }) => ZoneName)).toEqual(
      expect.arrayContaining(['us-east-1a', 'us-east-1b', 'us-east-1c']),
    );
  },

  'there is a default VPC': async ({ ec2 }) => {
    const Filters = [{ Name: 'is-default', Values: ['true'] }];
    const { Vpcs } = await ec2.send(new DescribeVpcsCommand({ Filters }));
    expect(Vpcs).toEqual([expect.objectContaining({ IsDefault: true, VpcId: expect.stringMatching(/^vpc-/) })]);
  },

  'an image says who owns it, what it runs on and how large it is': async ({ ec2, imageId }) => {
    const { Images } = await ec2.send(new DescribeImagesCommand({ ImageIds: [imageId] }));
    expect(Images).toEqual([
      expect.objectContaining({
        ImageId: imageId,
        Architecture: 'x86_64',
        OwnerId: expect.stringMatching(/^(\d{12}|amazon)$/),
        RootDeviceName: expect.stringMatching(/^\/dev\//),
        BlockDeviceMappings: [
          expect.objectContaining({ Ebs: expect.objectContaining({ VolumeSize: expect.any(Number) }) }),
        ],
      }),
    ]);
  },
};
