import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CloudShape } from '../../pool/offer.js';
import {
  fleetRequest,
  type LaunchRequest,
  launchTemplate,
  mostUserDataBytes,
  runRequest,
  suitsFleet,
} from './launch-request.js';
import { rootVolume, volumeUsdPerHour } from './root-volume.js';
import { awsTags } from './tags.js';

const gib = 1024 ** 3;

function shape(type: string, cpus: number, more: Partial<CloudShape> = {}): CloudShape {
  const plain = { arch: 'x64', localDiskBytes: 0, isBurstable: false, isMetal: false, hasGpu: false } as const;
  return { type, cpus, memoryBytes: cpus * 8 * gib, ...plain, ...more };
}

const request: LaunchRequest = {
  intent: '0123456789abcdef',
  tryNumber: 1,
  market: 'on-demand',
  overrides: [
    { shape: shape('r6i.16xlarge', 64), subnet: 'subnet-a' },
    { shape: shape('r6a.16xlarge', 64), subnet: 'subnet-b' },
  ],
  image: { id: 'ami-1', rootDevice: '/dev/xvda', bytes: 8 * gib },
  tags: {
    intent: '0123456789abcdef',
    owner: 'ann@laptop',
    label: 'internal',
    expiresAt: Date.UTC(2026, 10, 22),
    image: 'ami-1',
    incarnation: 'fedcba9876543210',
  },
  userData: '#cloud-config\n',
  securityGroups: ['sg-1'],
  address: 'public',
  diskBytes: 64 * gib,
};

/** With `all` for our tags, where they are complete. */
function readable(input: unknown): unknown {
  const all = JSON.stringify(awsTags(request.tags));
  return JSON.parse(JSON.stringify(input, (_, value) => (JSON.stringify(value) === all ? 'all' : value)));
}

it('asks a fleet for one machine, in our order, with all tags in the call', () => {
  const template = launchTemplate(request);
  const { input, clientToken, request: digest } = fleetRequest(request, template.LaunchTemplateName);
  expect(clientToken).toBe(`0123456789abcdef-1-${digest}`);
  expect(readable(template)).toMatchInlineSnapshot(`
    {
      "LaunchTemplateData": {
        "BlockDeviceMappings": [
          {
            "DeviceName": "/dev/xvda",
            "Ebs": {
              "DeleteOnTermination": true,
              "Encrypted": true,
              "Iops": 3000,
              "Throughput": 512,
              "VolumeSize": 64,
              "VolumeType": "gp3",
            },
          },
        ],
        "ImageId": "ami-1",
        "InstanceInitiatedShutdownBehavior": "terminate",
        "MetadataOptions": {
          "HttpEndpoint": "enabled",
          "HttpPutResponseHopLimit": 1,
          "HttpTokens": "required",
        },
        "NetworkInterfaces": [
          {
            "AssociatePublicIpAddress": true,
            "DeleteOnTermination": true,
            "DeviceIndex": 0,
            "Groups": [
              "sg-1",
            ],
          },
        ],
        "TagSpecifications": [
          {
            "ResourceType": "network-interface",
            "Tags": "all",
          },
        ],
        "UserData": "I2Nsb3VkLWNvbmZpZwo=",
      },
      "LaunchTemplateName": "megalith-a4f27d494ee5565c36f6d4f31ae79b2b",
      "TagSpecifications": [
        {
          "ResourceType": "launch-template",
          "Tags": "all",
        },
      ],
    }
  `);
  expect(readable(input)).toMatchInlineSnapshot(`
    {
      "ClientToken": "0123456789abcdef-1-afdcc2131811eeae8b093f12266d71ff",
      "LaunchTemplateConfigs": [
        {
          "LaunchTemplateSpecification": {
            "LaunchTemplateName": "megalith-a4f27d494ee5565c36f6d4f31ae79b2b",
            "Version": "$Latest",
          },
          "Overrides": [
            {
              "InstanceType": "r6i.16xlarge",
              "Priority": 0,
              "SubnetId": "subnet-a",
            },
            {
              "InstanceType": "r6a.16xlarge",
              "Priority": 1,
              "SubnetId": "subnet-b",
            },
          ],
        },
      ],
      "OnDemandOptions": {
        "AllocationStrategy": "prioritized",
      },
      "TagSpecifications": [
        {
          "ResourceType": "fleet",
          "Tags": "all",
        },
        {
          "ResourceType": "instance",
          "Tags": "all",
        },
        {
          "ResourceType": "volume",
          "Tags": "all",
        },
      ],
      "TargetCapacitySpecification": {
        "DefaultTargetCapacityType": "on-demand",
        "TotalTargetCapacity": 1,
      },
      "Type": "instant",
    }
  `);
});

it('asks for one spot machine by name, with a ceiling for its price', () => {
  const spot = {
    ...request,
    market: 'spot',
    maxUsdPerHour: 1.5,
    keyName: 'key-1',
    instanceProfile: 'worker',
    address: 'private',
  } as const;
  expect(readable(runRequest(spot).input)).toMatchInlineSnapshot(`
    {
      "BlockDeviceMappings": [
        {
          "DeviceName": "/dev/xvda",
          "Ebs": {
            "DeleteOnTermination": true,
            "Encrypted": true,
            "Iops": 3000,
            "Throughput": 512,
            "VolumeSize": 64,
            "VolumeType": "gp3",
          },
        },
      ],
      "ClientToken": "0123456789abcdef-1-473a584cc34f7d391149aef758edb35d",
      "IamInstanceProfile": {
        "Name": "worker",
      },
      "ImageId": "ami-1",
      "InstanceInitiatedShutdownBehavior": "terminate",
      "InstanceMarketOptions": {
        "MarketType": "spot",
        "SpotOptions": {
          "InstanceInterruptionBehavior": "terminate",
          "MaxPrice": "1.5000",
          "SpotInstanceType": "one-time",
        },
      },
      "InstanceType": "r6i.16xlarge",
      "KeyName": "key-1",
      "MaxCount": 1,
      "MetadataOptions": {
        "HttpEndpoint": "enabled",
        "HttpPutResponseHopLimit": 1,
        "HttpTokens": "required",
      },
      "MinCount": 1,
      "NetworkInterfaces": [
        {
          "AssociatePublicIpAddress": false,
          "DeleteOnTermination": true,
          "DeviceIndex": 0,
          "Groups": [
            "sg-1",
          ],
          "SubnetId": "subnet-a",
        },
      ],
      "TagSpecifications": [
        {
          "ResourceType": "instance",
          "Tags": "all",
        },
        {
          "ResourceType": "volume",
          "Tags": "all",
        },
        {
          "ResourceType": "network-interface",
          "Tags": "all",
        },
        {
          "ResourceType": "spot-instances-request",
          "Tags": "all",
        },
      ],
      "UserData": "I2Nsb3VkLWNvbmZpZwo=",
    }
  `);
});

it('leaves the order of spot machines to AWS, and tags the spot request through the template', () => {
  const spot = { ...request, market: 'spot', maxUsdPerHour: 1.5 } as const;
  const template = launchTemplate(spot);
  expect(template.LaunchTemplateData?.TagSpecifications?.map(({ ResourceType }) => ResourceType)).toEqual([
    'network-interface',
    'spot-instances-request',
  ]);
  const { input } = fleetRequest(spot, template.LaunchTemplateName);
  expect(input).toMatchObject({
    SpotOptions: { AllocationStrategy: 'price-capacity-optimized', InstanceInterruptionBehavior: 'terminate' },
    TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: 'spot' },
  });
  expect(input.OnDemandOptions).toBeUndefined();
  expect(input.LaunchTemplateConfigs?.[0]?.Overrides?.[0]).toEqual({
    InstanceType: 'r6i.16xlarge',
    SubnetId: 'subnet-a',
    MaxPrice: '1.5000',
  });
});

it('gives another token whenever anything of the request changes, and the same when nothing does', () => {
  const changes: Partial<LaunchRequest>[] = [
    { userData: '#cloud-config\n# other\n' },
    { image: { ...request.image, id: 'ami-2' } },
    { overrides: [...request.overrides].reverse() },
    { securityGroups: ['sg-2'] },
    { tags: { ...request.tags, owner: 'bob@laptop' } },
    { tryNumber: 2 },
    { diskBytes: 65 * gib },
  ];
  const fleetToken = (of: LaunchRequest) => fleetRequest(of, launchTemplate(of).LaunchTemplateName).clientToken;
  const runToken = (of: LaunchRequest) => runRequest(of).clientToken;
  for (const token of [fleetToken, runToken]) {
    const tokens = [request, ...changes.map(change => ({ ...request, ...change }))].map(token);
    expect(new Set(tokens).size).toBe(tokens.length);
    expect(token(structuredClone(request))).toBe(tokens[0]);
  }
  expect(fleetToken(request)).not.toBe(runToken(request));
});

it('needs something to choose from for a fleet, and no type that fleets do not make', () => {
  const overrides = (...types: string[]) => ({
    overrides: types.map(type => ({ shape: shape(type, 4), subnet: 's' })),
  });
  expect(suitsFleet(overrides('r6i.xlarge', 'r6a.xlarge'))).toBe(true);
  expect(suitsFleet(overrides('r6i.xlarge'))).toBe(false);
  for (const type of ['u7i-12tb.224xlarge', 'u-6tb1.112xlarge', 'mac2.metal', 'm5.metal', 'm7i.metal-24xl']) {
    expect(suitsFleet(overrides('r6i.xlarge', type))).toBe(false);
  }
});

it('refuses user data that AWS would not take', () => {
  const of = (bytes: number) => ({ ...request, userData: 'x'.repeat(bytes) });
  expect(runRequest(of(mostUserDataBytes)).input.UserData).toHaveLength(Math.ceil(mostUserDataBytes / 3) * 4);
  expect(() => runRequest(of(mostUserDataBytes + 1))).toThrow(/16385 bytes/);
  expect(() => launchTemplate(of(mostUserDataBytes + 1))).toThrow(/16385 bytes/);
});

it.each([
  [[shape('r6i.large', 2)], 64, { sizeGib: 64, iops: 3_000, throughputMibps: 125 }],
  [[shape('r6i.16xlarge', 64)], 64, { sizeGib: 64, iops: 3_000, throughputMibps: 512 }],
  [[shape('r6i.32xlarge', 128)], 64, { sizeGib: 64, iops: 4_000, throughputMibps: 1_000 }],
  [
    [shape('r6i.32xlarge', 128, { volumeThroughputMibps: 400 })],
    64,
    { sizeGib: 64, iops: 3_000, throughputMibps: 400 },
  ],
  [[shape('r6id.32xlarge', 128, { localDiskBytes: 1e12 })], 64, { sizeGib: 64, iops: 3_000, throughputMibps: 125 }],
  [[shape('a', 32), shape('b', 48)], 4, { sizeGib: 8, iops: 3_000, throughputMibps: 384 }],
] as const)('gives the volume what suits the shape', (shapes, diskGib, volume) => {
  expect(rootVolume(shapes, diskGib * gib, 8 * gib)).toEqual(volume);
});

it('a volume costs its size, and what it moves beyond the baseline', () => {
  const plain = { sizeGib: 64, iops: 3_000, throughputMibps: 125 };
  expect(volumeUsdPerHour(plain) * 730).toBeCloseTo(5.12);
  expect(volumeUsdPerHour({ ...plain, iops: 4_000, throughputMibps: 1_000 }) * 730).toBeCloseTo(5.12 + 5 + 35);
});

it('never asks for a volume that gp3 is not', () => {
  const shapes = fc.array(fc.integer({ min: 1, max: 900 }).map(cpus => shape('x', cpus)));
  const bytes = fc.double({ min: 0, max: 1e14, noNaN: true });
  fc.assert(
    fc.property(shapes, bytes, bytes, (of, diskBytes, imageBytes) => {
      const { sizeGib, iops, throughputMibps } = rootVolume(of, diskBytes, imageBytes);
      expect(sizeGib).toBeGreaterThanOrEqual(1);
      expect(sizeGib).toBeLessThanOrEqual(16_384);
      expect(iops).toBeGreaterThanOrEqual(3_000);
      expect(iops).toBeLessThanOrEqual(Math.min(16_000, Math.max(3_000, 500 * sizeGib)));
      expect(throughputMibps).toBeGreaterThanOrEqual(125);
      expect(throughputMibps).toBeLessThanOrEqual(Math.min(1_000, iops / 4));
      for (const value of [sizeGib, iops, throughputMibps]) expect(Number.isInteger(value)).toBe(true);
    }),
  );
});
