import { archOf, type InstanceType, instanceTypes } from '../data/instance-types.js';
import { isOffered } from '../data/offerings.js';
import { ApiError } from '../wire/api-error.js';
import { text, texts } from '../wire/params.js';
import type { XmlTree } from '../wire/xml.js';
import type { Action } from './call.js';
import { type FilterFields, filtered } from './filters.js';
import { page } from './page.js';

const usageClasses = ({ noSpot }: InstanceType) => (noSpot === true ? ['on-demand'] : ['on-demand', 'spot']);

const fields: FilterFields<InstanceType> = {
  'bare-metal': ({ isMetal }) => isMetal === true,
  'burstable-performance-supported': ({ isBurstable }) => isBurstable === true,
  'current-generation': ({ isPrevious }) => isPrevious !== true,
  'instance-storage-supported': ({ disks }) => disks !== undefined,
  'instance-type': ({ type }) => type,
  'memory-info.size-in-mib': ({ memoryMib }) => memoryMib,
  'processor-info.supported-architecture': archOf,
  'supported-root-device-type': () => 'ebs',
  'supported-usage-class': usageClasses,
  'supported-virtualization-type': () => 'hvm',
  'vcpu-info.default-vcpus': ({ cpus }) => cpus,
};

export const describeInstanceTypes: Action = call => {
  const names = texts(call.params, 'InstanceType');
  const missing = names.filter(name => !instanceTypes.some(({ type }) => type === name));
  if (missing.length > 0)
    throw new ApiError(
      'InvalidInstanceType',
      `The following supplied instance types do not exist: [${missing.join(', ')}]`,
    );
  const known = names.length > 0 ? instanceTypes.filter(({ type }) => names.includes(type)) : instanceTypes;
  const { items, nextToken } = page(call, filtered(call, known, fields), { max: 100, unasked: 100 });
  return { instanceTypeSet: items.map(typeXml), nextToken };
};

export const describeInstanceTypeOfferings: Action = call => {
  const { account, params } = call;
  const locationType = text(params, 'LocationType') ?? 'region';
  const offerings =
    locationType === 'availability-zone'
      ? account.zones.flatMap(location =>
          instanceTypes.filter(type => isOffered(type, location)).map(({ type }) => ({ instanceType: type, location })),
        )
      : instanceTypes.map(({ type }) => ({ instanceType: type, location: account.region }));
  const fitting = filtered(call, offerings, {
    'instance-type': ({ instanceType }) => instanceType,
    location: ({ location }) => location,
  });
  const { items, nextToken } = page(call, fitting, { unasked: 1000 });
  return { instanceTypeOfferingSet: items.map(offering => ({ ...offering, locationType })), nextToken };
};

function typeXml(type: InstanceType): XmlTree {
  const threads = archOf(type) === 'arm64' ? 1 : 2;
  const [baseline, maximum] = type.ebsMbps;
  return {
    instanceType: type.type,
    currentGeneration: type.isPrevious !== true,
    freeTierEligible: type.type === 't3.micro',
    supportedUsageClasses: usageClasses(type),
    supportedRootDeviceTypes: ['ebs'],
    supportedVirtualizationTypes: ['hvm'],
    bareMetal: type.isMetal === true,
    hypervisor: type.isMetal === true ? undefined : 'nitro',
    processorInfo: { supportedArchitectures: [archOf(type)] },
    vCpuInfo: { defaultVCpus: type.cpus, defaultCores: type.cpus / threads, defaultThreadsPerCore: threads },
    memoryInfo: { sizeInMiB: type.memoryMib },
    instanceStorageSupported: type.disks !== undefined,
    instanceStorageInfo: storageXml(type),
    ebsInfo: {
      ebsOptimizedSupport: 'default',
      encryptionSupport: 'supported',
      ebsOptimizedInfo: {
        baselineBandwidthInMbps: Math.round(baseline * 8),
        baselineThroughputInMBps: baseline,
        maximumBandwidthInMbps: Math.round(maximum * 8),
        maximumThroughputInMBps: maximum,
      },
      nvmeSupport: 'required',
    },
    gpuInfo: type.gpu === undefined ? undefined : { gpus: [{ name: type.gpu, manufacturer: 'NVIDIA', count: 1 }] },
    burstablePerformanceSupported: type.isBurstable === true,
    dedicatedHostsSupported: true,
    autoRecoverySupported: type.disks === undefined,
    supportedBootModes: ['uefi'],
  };
}

function storageXml({ disks }: InstanceType): XmlTree | undefined {
  if (disks === undefined) return undefined;
  const [count, sizeInGB] = disks;
  return {
    totalSizeInGB: count * sizeInGB,
    disks: [{ sizeInGB, count, type: 'ssd' }],
    nvmeSupport: 'required',
    encryptionSupport: 'required',
  };
}
