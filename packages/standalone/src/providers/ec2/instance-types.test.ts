import type { InstanceTypeInfo } from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { pagesOf } from './catalogue.fixture.js';
import { shapeFrom, shapesFrom, zonesFrom } from './instance-types.js';

const x2idn: InstanceTypeInfo = {
  InstanceType: 'x2idn.32xlarge',
  CurrentGeneration: true,
  SupportedUsageClasses: ['on-demand', 'spot'],
  BareMetal: false,
  BurstablePerformanceSupported: false,
  ProcessorInfo: { SupportedArchitectures: ['x86_64'] },
  VCpuInfo: { DefaultVCpus: 128, DefaultCores: 64, DefaultThreadsPerCore: 2 },
  MemoryInfo: { SizeInMiB: 2_097_152 },
  InstanceStorageInfo: {
    TotalSizeInGB: 3800,
    NvmeSupport: 'required',
    Disks: [{ Count: 2, SizeInGB: 1900, Type: 'ssd' }],
  },
  EbsInfo: { EbsOptimizedInfo: { MaximumThroughputInMBps: 10_000 } },
};

test('a reply of DescribeInstanceTypes becomes shapes, sorted over its pages', async () => {
  const t3: InstanceTypeInfo = {
    InstanceType: 't3.micro',
    CurrentGeneration: true,
    SupportedUsageClasses: ['on-demand', 'spot'],
    BurstablePerformanceSupported: true,
    ProcessorInfo: { SupportedArchitectures: ['x86_64'] },
    VCpuInfo: { DefaultVCpus: 2 },
    MemoryInfo: { SizeInMiB: 1024 },
  };
  expect(await shapesFrom(pagesOf({ InstanceTypes: [x2idn] }, {}, { InstanceTypes: [t3] }))).toEqual([
    {
      type: 't3.micro',
      cpus: 2,
      memoryBytes: 2 ** 30,
      arch: 'x64',
      localDiskBytes: 0,
      isBurstable: true,
      isMetal: false,
      hasGpu: false,
      isCurrentGeneration: true,
      markets: ['on-demand', 'spot'],
    },
    {
      type: 'x2idn.32xlarge',
      cpus: 128,
      memoryBytes: 2 ** 41,
      arch: 'x64',
      localDiskBytes: 3800e9,
      isBurstable: false,
      isMetal: false,
      hasGpu: false,
      volumeThroughputMibps: 9536,
      isCurrentGeneration: true,
      markets: ['on-demand', 'spot'],
    },
  ]);
});

test('what a type is not good for is seen', () => {
  expect(shapeFrom({ ...x2idn, BareMetal: true })?.isMetal).toBe(true);
  expect(shapeFrom({ ...x2idn, CurrentGeneration: false })?.isCurrentGeneration).toBe(false);
  expect(shapeFrom({ ...x2idn, SupportedUsageClasses: ['on-demand', 'capacity-block'] })?.markets).toEqual([
    'on-demand',
  ]);
  for (const info of ['GpuInfo', 'FpgaInfo', 'NeuronInfo', 'InferenceAcceleratorInfo', 'MediaAcceleratorInfo']) {
    expect(shapeFrom({ ...x2idn, [info]: {} })?.hasGpu).toBe(true);
  }
});

test('only solid-state NVMe counts as local disk', () => {
  const disks = (Type: 'ssd' | 'hdd', NvmeSupport: 'required' | 'unsupported') =>
    shapeFrom({ ...x2idn, InstanceStorageInfo: { NvmeSupport, Disks: [{ Count: 1, SizeInGB: 10, Type }] } });
  expect(disks('ssd', 'required')?.localDiskBytes).toBe(10e9);
  expect(disks('hdd', 'required')?.localDiskBytes).toBe(0);
  expect(disks('ssd', 'unsupported')?.localDiskBytes).toBe(0);
});

test('arm is arm64; macs and 32-bit types are left out', () => {
  const of = (...archs: string[]) =>
    shapeFrom({ ...x2idn, ProcessorInfo: { SupportedArchitectures: archs as ('i386' | 'x86_64')[] } });
  expect(of('arm64')?.arch).toBe('arm64');
  expect(of('i386', 'x86_64')?.arch).toBe('x64');
  expect([of('x86_64_mac'), of('arm64_mac'), of('i386'), of()]).toEqual([undefined, undefined, undefined, undefined]);
});

test.each([
  ['no name', { InstanceType: undefined }],
  ['no memory', { MemoryInfo: undefined }],
  ['no vCPUs', { VCpuInfo: { DefaultVCpus: 0 } }],
])('a type with %s is refused', async (_, part) => {
  await expect(
    shapesFrom(pagesOf({ InstanceTypes: [{ ...x2idn, ...part } as InstanceTypeInfo] })),
  ).rejects.toMatchObject({
    code: 'CLOUD_FAILED',
  });
});

test('offerings become the zones of each type', async () => {
  const offering = (InstanceType: 'm6i.large' | 'r6i.large', Location: string) => ({ InstanceType, Location });
  const pages = pagesOf(
    { InstanceTypeOfferings: [offering('r6i.large', 'us-east-1b'), offering('m6i.large', 'us-east-1c')] },
    { InstanceTypeOfferings: [offering('r6i.large', 'us-east-1a'), offering('r6i.large', 'us-east-1b')] },
  );
  expect(await zonesFrom(pages)).toEqual({ 'm6i.large': ['us-east-1c'], 'r6i.large': ['us-east-1a', 'us-east-1b'] });
  await expect(zonesFrom(pagesOf({ InstanceTypeOfferings: [{ Location: 'us-east-1a' }] }))).rejects.toMatchObject({
    code: 'CLOUD_FAILED',
  });
});
