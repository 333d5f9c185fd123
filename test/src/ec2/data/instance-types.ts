/** An instance type, as DescribeInstanceTypes and the price list have it for us-east-1. */
export interface InstanceType {
  readonly type: string;
  readonly cpus: number;
  readonly memoryMib: number;
  /** On demand, Linux. */
  readonly usdPerHour: number;
  /** What it can move to and from volumes, MB/s: always, and for half an hour a day. */
  readonly ebsMbps: readonly [baseline: number, maximum: number];
  /** @defaultValue 'x86_64' */
  readonly arch?: 'arm64';
  /** Its own NVMe disks: how many, and how many GB each has. */
  readonly disks?: readonly [count: number, sizeGb: number];
  readonly isMetal?: true;
  readonly isBurstable?: true;
  /** AWS no longer counts it as of the current generation. */
  readonly isPrevious?: true;
  readonly noSpot?: true;
  readonly gpu?: string;
}

/**
 * Sizes as DescribeInstanceTypes gave them to the authors of moto 5.2.1. Prices of 2026-07-20 from the list that Karpenter generates, where it was
 * at hand; what is not of a size named there goes by the vCPU, as AWS prices a family.
 */
export const instanceTypes: readonly InstanceType[] = [
  { type: 't3.micro', cpus: 2, memoryMib: 1024, usdPerHour: 0.0104, ebsMbps: [10.875, 260.625], isBurstable: true },
  { type: 'c6i.large', cpus: 2, memoryMib: 4096, usdPerHour: 0.085, ebsMbps: [81.25, 1250] },
  { type: 'c6i.4xlarge', cpus: 16, memoryMib: 32768, usdPerHour: 0.68, ebsMbps: [625, 1250] },
  { type: 'c6i.16xlarge', cpus: 64, memoryMib: 131072, usdPerHour: 2.72, ebsMbps: [2500, 2500] },
  { type: 'c6i.32xlarge', cpus: 128, memoryMib: 262144, usdPerHour: 5.44, ebsMbps: [5000, 5000] },
  { type: 'c6a.32xlarge', cpus: 128, memoryMib: 262144, usdPerHour: 4.896, ebsMbps: [5000, 5000] },
  { type: 'c6a.48xlarge', cpus: 192, memoryMib: 393216, usdPerHour: 7.344, ebsMbps: [5000, 5000] },
  { type: 'c6g.16xlarge', cpus: 64, memoryMib: 131072, usdPerHour: 2.176, ebsMbps: [2375, 2375], arch: 'arm64' },
  { type: 'c7i.48xlarge', cpus: 192, memoryMib: 393216, usdPerHour: 8.568, ebsMbps: [5000, 5000] },
  { type: 'm6i.large', cpus: 2, memoryMib: 8192, usdPerHour: 0.096, ebsMbps: [81.25, 1250], isPrevious: true },
  { type: 'm6i.2xlarge', cpus: 8, memoryMib: 32768, usdPerHour: 0.384, ebsMbps: [312.5, 1250], isPrevious: true },
  { type: 'm6i.8xlarge', cpus: 32, memoryMib: 131072, usdPerHour: 1.536, ebsMbps: [1250, 1250], isPrevious: true },
  { type: 'm6i.32xlarge', cpus: 128, memoryMib: 524288, usdPerHour: 6.144, ebsMbps: [5000, 5000], isPrevious: true },
  { type: 'm6a.large', cpus: 2, memoryMib: 8192, usdPerHour: 0.0864, ebsMbps: [81.25, 1250] },
  { type: 'm6a.32xlarge', cpus: 128, memoryMib: 524288, usdPerHour: 5.5296, ebsMbps: [5000, 5000] },
  { type: 'm6a.48xlarge', cpus: 192, memoryMib: 786432, usdPerHour: 8.2944, ebsMbps: [5000, 5000] },
  { type: 'm6g.large', cpus: 2, memoryMib: 8192, usdPerHour: 0.077, ebsMbps: [78.75, 593.75], arch: 'arm64' },
  { type: 'm6g.16xlarge', cpus: 64, memoryMib: 262144, usdPerHour: 2.464, ebsMbps: [2375, 2375], arch: 'arm64' },
  { type: 'm7i.large', cpus: 2, memoryMib: 8192, usdPerHour: 0.1008, ebsMbps: [81.25, 1250] },
  { type: 'm7i.12xlarge', cpus: 48, memoryMib: 196608, usdPerHour: 2.4192, ebsMbps: [1875, 1875] },
  { type: 'm7i.48xlarge', cpus: 192, memoryMib: 786432, usdPerHour: 9.6768, ebsMbps: [5000, 5000] },
  { type: 'r6i.large', cpus: 2, memoryMib: 16384, usdPerHour: 0.126, ebsMbps: [81.25, 1250], isPrevious: true },
  { type: 'r6i.xlarge', cpus: 4, memoryMib: 32768, usdPerHour: 0.252, ebsMbps: [156.25, 1250], isPrevious: true },
  { type: 'r6i.2xlarge', cpus: 8, memoryMib: 65536, usdPerHour: 0.504, ebsMbps: [312.5, 1250], isPrevious: true },
  { type: 'r6i.4xlarge', cpus: 16, memoryMib: 131072, usdPerHour: 1.008, ebsMbps: [625, 1250], isPrevious: true },
  { type: 'r6i.8xlarge', cpus: 32, memoryMib: 262144, usdPerHour: 2.016, ebsMbps: [1250, 1250], isPrevious: true },
  { type: 'r6i.12xlarge', cpus: 48, memoryMib: 393216, usdPerHour: 3.024, ebsMbps: [1875, 1875], isPrevious: true },
  { type: 'r6i.16xlarge', cpus: 64, memoryMib: 524288, usdPerHour: 4.032, ebsMbps: [2500, 2500], isPrevious: true },
  { type: 'r6i.24xlarge', cpus: 96, memoryMib: 786432, usdPerHour: 6.048, ebsMbps: [3750, 3750], isPrevious: true },
  { type: 'r6i.32xlarge', cpus: 128, memoryMib: 1048576, usdPerHour: 8.064, ebsMbps: [5000, 5000], isPrevious: true },
  {
    type: 'r6i.metal',
    cpus: 128,
    memoryMib: 1048576,
    usdPerHour: 8.064,
    ebsMbps: [5000, 5000],
    isMetal: true,
    isPrevious: true,
  },
  { type: 'r6id.32xlarge', cpus: 128, memoryMib: 1048576, usdPerHour: 9.6768, ebsMbps: [5000, 5000], disks: [4, 1900] },
  { type: 'r6a.16xlarge', cpus: 64, memoryMib: 524288, usdPerHour: 3.6288, ebsMbps: [2500, 2500] },
  { type: 'r6a.32xlarge', cpus: 128, memoryMib: 1048576, usdPerHour: 7.2576, ebsMbps: [5000, 5000] },
  { type: 'r6a.48xlarge', cpus: 192, memoryMib: 1572864, usdPerHour: 10.8864, ebsMbps: [5000, 5000] },
  { type: 'r6g.large', cpus: 2, memoryMib: 16384, usdPerHour: 0.1008, ebsMbps: [78.75, 593.75], arch: 'arm64' },
  { type: 'r6g.16xlarge', cpus: 64, memoryMib: 524288, usdPerHour: 3.2256, ebsMbps: [2375, 2375], arch: 'arm64' },
  { type: 'r7i.24xlarge', cpus: 96, memoryMib: 786432, usdPerHour: 6.3504, ebsMbps: [3750, 3750] },
  { type: 'r7i.48xlarge', cpus: 192, memoryMib: 1572864, usdPerHour: 12.7008, ebsMbps: [5000, 5000] },
  { type: 'x2idn.16xlarge', cpus: 64, memoryMib: 1048576, usdPerHour: 6.669, ebsMbps: [5000, 5000], disks: [1, 1900] },
  {
    type: 'x2idn.32xlarge',
    cpus: 128,
    memoryMib: 2097152,
    usdPerHour: 13.338,
    ebsMbps: [10000, 10000],
    disks: [2, 1900],
  },
  { type: 'x2iedn.8xlarge', cpus: 32, memoryMib: 1048576, usdPerHour: 6.669, ebsMbps: [2500, 2500], disks: [1, 950] },
  {
    type: 'x2iedn.32xlarge',
    cpus: 128,
    memoryMib: 4194304,
    usdPerHour: 26.676,
    ebsMbps: [10000, 10000],
    disks: [2, 1900],
  },
  { type: 'x8g.16xlarge', cpus: 64, memoryMib: 1048576, usdPerHour: 6.2528, ebsMbps: [2500, 2500], arch: 'arm64' },
  { type: 'x8g.48xlarge', cpus: 192, memoryMib: 3145728, usdPerHour: 18.7584, ebsMbps: [5000, 5000], arch: 'arm64' },
  {
    type: 'u7i-6tb.112xlarge',
    cpus: 448,
    memoryMib: 6291456,
    usdPerHour: 62.79,
    ebsMbps: [12500, 12500],
    noSpot: true,
  },
  {
    type: 'g5.xlarge',
    cpus: 4,
    memoryMib: 16384,
    usdPerHour: 1.006,
    ebsMbps: [87.5, 437.5],
    disks: [1, 250],
    gpu: 'A10G',
  },
];

export function archOf(type: InstanceType): 'x86_64' | 'arm64' {
  return type.arch ?? 'x86_64';
}

/** `r6i` of `r6i.32xlarge`. */
export function familyOf(type: string): string {
  return type.slice(0, type.indexOf('.'));
}
