import type { InstanceTypeInfo, InstanceTypeOffering } from '@aws-sdk/client-ec2';
import { MegalithError } from '@megalith/agent';
import type { Market } from '../../pool/cloud-machine.js';
import type { Ec2Shape } from './ec2-shape.js';

/** A page of a reply to DescribeInstanceTypes. */
export interface InstanceTypesPage {
  readonly InstanceTypes?: readonly InstanceTypeInfo[] | undefined;
}

/** A page of a reply to DescribeInstanceTypeOfferings by `availability-zone`. */
export interface OfferingsPage {
  readonly InstanceTypeOfferings?: readonly InstanceTypeOffering[] | undefined;
}

/**
 * All shapes that these pages tell of, in the order of their names. Macs, and types of 32 bits only, are none of ours and left out.
 *
 * @throws MegalithError CLOUD_FAILED where a type comes without its vCPUs or its memory
 */
export async function shapesFrom(pages: AsyncIterable<InstanceTypesPage>): Promise<readonly Ec2Shape[]> {
  const shapes = new Map<string, Ec2Shape>();
  for await (const { InstanceTypes = [] } of pages) {
    for (const info of InstanceTypes) {
      const shape = shapeFrom(info);
      if (shape) shapes.set(shape.type, shape);
    }
  }
  return [...shapes.values()].sort((a, b) => (a.type < b.type ? -1 : 1));
}

/** Undefined where Megalith can't run on it. */
export function shapeFrom(info: InstanceTypeInfo): Ec2Shape | undefined {
  const arch = archOf(info);
  if (arch === undefined) return undefined;
  const cpus = info.VCpuInfo?.DefaultVCpus;
  const memoryMib = info.MemoryInfo?.SizeInMiB;
  if (!info.InstanceType || !isPositive(cpus) || !isPositive(memoryMib)) {
    throw new MegalithError(
      'CLOUD_FAILED',
      `EC2 described the instance type "${info.InstanceType ?? 'unnamed'}" without its vCPUs or its memory`,
      { hint: 'check that the endpoint is one of EC2', details: { type: info.InstanceType, cpus, memoryMib } },
    );
  }
  const throughputMbps = info.EbsInfo?.EbsOptimizedInfo?.MaximumThroughputInMBps;
  return {
    type: info.InstanceType,
    cpus,
    memoryBytes: memoryMib * 2 ** 20,
    arch,
    localDiskBytes: fastDiskBytes(info),
    isBurstable: info.BurstablePerformanceSupported ?? false,
    isMetal: info.BareMetal ?? false,
    hasGpu: hasAccelerator(info),
    ...(isPositive(throughputMbps) && { volumeThroughputMibps: Math.floor((throughputMbps * 1e6) / 2 ** 20) }),
    isCurrentGeneration: info.CurrentGeneration ?? true,
    markets: marketsOf(info),
  };
}

/**
 * The zones of each type, both sorted.
 *
 * @throws MegalithError CLOUD_FAILED where an offering names no type or no zone
 */
export async function zonesFrom(pages: AsyncIterable<OfferingsPage>): Promise<Readonly<Record<string, string[]>>> {
  const zones = new Map<string, Set<string>>();
  for await (const { InstanceTypeOfferings = [] } of pages) {
    for (const { InstanceType: type, Location: zone } of InstanceTypeOfferings) {
      if (!type || !zone) {
        throw new MegalithError('CLOUD_FAILED', 'EC2 listed an offering without its type or its zone', {
          hint: 'check that the endpoint is one of EC2',
          details: { type, zone },
        });
      }
      zones.set(type, (zones.get(type) ?? new Set()).add(zone));
    }
  }
  return Object.fromEntries(
    [...zones].sort(([a], [b]) => (a < b ? -1 : 1)).map(([type, of]) => [type, [...of].sort()]),
  );
}

function archOf({ ProcessorInfo }: InstanceTypeInfo): Ec2Shape['arch'] | undefined {
  const archs = ProcessorInfo?.SupportedArchitectures ?? [];
  if (archs.includes('x86_64')) return 'x64';
  return archs.includes('arm64') ? 'arm64' : undefined;
}

/** Solid-state NVMe only: spinning disks, and those that hang on the old hypervisor, are no scratch. */
function fastDiskBytes({ InstanceStorageInfo: storage }: InstanceTypeInfo): number {
  if (storage?.NvmeSupport === undefined || storage.NvmeSupport === 'unsupported') return 0;
  const disks = (storage.Disks ?? []).filter(({ Type }) => Type === 'ssd');
  return disks.reduce((sum, { Count = 0, SizeInGB = 0 }) => sum + Count * SizeInGB * 1e9, 0);
}

/** A machine with any kind of accelerator costs several times what its CPUs and memory are worth. */
function hasAccelerator(info: InstanceTypeInfo): boolean {
  const { GpuInfo, FpgaInfo, NeuronInfo, InferenceAcceleratorInfo, MediaAcceleratorInfo } = info;
  return [GpuInfo, FpgaInfo, NeuronInfo, InferenceAcceleratorInfo, MediaAcceleratorInfo].some(of => of !== undefined);
}

function marketsOf({ SupportedUsageClasses: classes = ['on-demand'] }: InstanceTypeInfo): Market[] {
  return (['on-demand', 'spot'] as const).filter(market => classes.includes(market));
}

function isPositive(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value) && value > 0;
}
