/**
 * A family of EC2 types whose vCPUs, memory, disks and price grow together. A size called `Nxlarge` has 4 × N vCPUs, `large` has 2, `medium` 1.
 */
export interface CompiledFamily {
  readonly arch: 'x64' | 'arm64';
  readonly gibPerCpu: number;
  readonly usdPerCpuHour: number;
  readonly sizes: readonly string[];
  /** Most that moves to and from volumes, by vCPUs: never below `least`, never above `most`. */
  readonly volumeMbps: VolumeRate;
  /** Instance-store NVMe, GB (10⁹ bytes) for each vCPU; exact to 1 GB for a size. */
  readonly localGbPerCpu?: number;
  readonly isOnDemandOnly?: true;
  /** Sizes that AWS prices off the line, US$ per hour. */
  readonly offTheLine?: Readonly<Record<string, number>>;
}

interface VolumeRate {
  readonly least: number;
  readonly perCpu: number;
  readonly most: number;
}

const nitro5: VolumeRate = { least: 10_000, perCpu: 312.5, most: 40_000 };
const nitro6: VolumeRate = { ...nitro5, most: 80_000 };
const graviton2: VolumeRate = { least: 4750, perCpu: 296.875, most: 19_000 };
const x2: VolumeRate = { least: 20_000, perCpu: 625, most: 80_000 };
const highMemory: VolumeRate = { least: 100_000, perCpu: 0, most: 100_000 };

const words = (text: string): readonly string[] => text.split(' ');
const to16 = words('large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge');
const to24 = [...to16, '24xlarge'];
const to32 = [...to24, '32xlarge'];
const to32and48 = [...to32, '48xlarge'];
const to24and48 = [...to24, '48xlarge'];
const to96 = [...to32and48, '96xlarge'];

const x64 = (gibPerCpu: number, usdPerCpuHour: number, sizes: readonly string[], volumeMbps = nitro5) =>
  ({ arch: 'x64', gibPerCpu, usdPerCpuHour, sizes, volumeMbps }) as const;
const arm = (gibPerCpu: number, usdPerCpuHour: number, sizes: readonly string[], volumeMbps = nitro5) =>
  ({ arch: 'arm64', gibPerCpu, usdPerCpuHour, sizes, volumeMbps }) as const;
const high = (gib: number, cpus: number, usdPerHour: number) =>
  ({
    ...x64(gib / cpus, usdPerHour / cpus, [`${cpus / 4}xlarge`], highMemory),
    isOnDemandOnly: true,
  }) as const;

/** NVMe of the `d` families and of x2gd. */
const d = { localGbPerCpu: 59.375 } as const;

/**
 * The families that are known without asking AWS. Prices: on-demand, Linux, shared tenancy, us-east-1, as Karpenter's generated table had them on
 * 2026-07-20. Sizes, memory, disks and volume throughput: as moto's copy of DescribeInstanceTypes had them on 2026-08-22.
 */
export const compiledFamilies: Readonly<Record<string, CompiledFamily>> = {
  c6a: x64(2, 0.03825, to32and48),
  c6i: x64(2, 0.0425, to32),
  c6id: { ...x64(2, 0.0504, to32), ...d },
  c7a: x64(2, 0.05132, to32and48),
  c7i: x64(2, 0.044625, to24and48),
  c8i: x64(2, 0.046855, to96, nitro6),
  c6g: arm(2, 0.034, to16, graviton2),
  c7g: arm(2, 0.03625, to16),
  c8g: arm(2, 0.03988, to24and48),
  m6a: x64(4, 0.0432, to32and48),
  m6i: x64(4, 0.048, to32),
  m6id: { ...x64(4, 0.059325, to32), ...d },
  m7a: x64(4, 0.05796, to32and48),
  m7i: x64(4, 0.0504, to24and48),
  m8i: x64(4, 0.05292, to96, nitro6),
  m6g: arm(4, 0.0385, to16, graviton2),
  m7g: arm(4, 0.0408, to16),
  m8g: arm(4, 0.04488, to24and48),
  r6a: x64(8, 0.0567, to32and48),
  r6i: x64(8, 0.063, to32),
  r6id: { ...x64(8, 0.0756, to32), ...d },
  r7a: x64(8, 0.076075, to32and48),
  r7i: x64(8, 0.06615, to24and48),
  r8i: x64(8, 0.06946, to96, nitro6),
  r8id: { ...x64(8, 0.08316, to96, nitro6), ...d },
  r6g: arm(8, 0.0504, to16, graviton2),
  r7g: arm(8, 0.05355, to16),
  r8g: arm(8, 0.05891, to24and48),
  i7ie: {
    ...x64(8, 0.12995, words('large xlarge 2xlarge 3xlarge 6xlarge 12xlarge 18xlarge 24xlarge 48xlarge'), nitro6),
    localGbPerCpu: 625,
  },
  i8g: { ...arm(8, 0.0858, to24and48, nitro6), localGbPerCpu: 234.375 },
  x2gd: { ...arm(16, 0.0835, ['medium', ...to16], graviton2), ...d },
  x2idn: { ...x64(16, 13.338 / 128, words('16xlarge 24xlarge 32xlarge'), x2), localGbPerCpu: 29.6875 },
  x2iedn: {
    ...x64(32, 26.676 / 128, words('xlarge 2xlarge 4xlarge 8xlarge 16xlarge 24xlarge 32xlarge'), x2),
    localGbPerCpu: 29.6875,
  },
  x8g: arm(16, 0.0977, to24and48),
  x8i: { ...x64(16, 0.109415, to96, nitro6), offTheLine: { '96xlarge': 48.74438 } },
  'u7i-6tb': high(6144, 448, 62.79),
  'u7i-8tb': high(8192, 448, 83.72),
  'u7i-12tb': high(12_288, 896, 125.58182),
  'u7in-16tb': high(16_384, 896, 180.47558),
  'u7in-24tb': high(24_576, 896, 270.73128),
  'u7in-32tb': high(32_768, 896, 360.98695),
};

/** A burstable size: its vCPUs do not tell its memory, so that each is written down. */
export interface CompiledBurstable {
  readonly size: string;
  readonly cpus: number;
  readonly gib: number;
  readonly volumeMbps: number;
}

/** The sizes that t3, t3a and t4g share. */
export const burstableSizes: readonly CompiledBurstable[] = [
  { size: 'micro', cpus: 2, gib: 1, volumeMbps: 2085 },
  { size: 'small', cpus: 2, gib: 2, volumeMbps: 2085 },
  { size: 'medium', cpus: 2, gib: 4, volumeMbps: 2085 },
  { size: 'large', cpus: 2, gib: 8, volumeMbps: 2780 },
  { size: 'xlarge', cpus: 4, gib: 16, volumeMbps: 2780 },
  { size: '2xlarge', cpus: 8, gib: 32, volumeMbps: 2780 },
];

/** Of the same date and sources; what they cost grows with their memory. */
export const burstableFamilies = {
  t3: { arch: 'x64', usdPerGibHour: 0.0104 },
  t3a: { arch: 'x64', usdPerGibHour: 0.0094 },
  t4g: { arch: 'arm64', usdPerGibHour: 0.0084 },
} as const;
