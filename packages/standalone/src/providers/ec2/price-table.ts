import {
  burstableFamilies,
  burstableSizes,
  type CompiledBurstable,
  type CompiledFamily,
  compiledFamilies,
} from './compiled-families.js';
import type { Ec2Shape } from './ec2-shape.js';

/** The day that the compiled prices are of. */
export const compiledPricesDate = '2026-07-20';

/** Whose prices they are. Nothing is known of the others: there the table is no more than an estimate. */
export const compiledPricesRegion = 'us-east-1';

/** The shapes that are known without asking AWS, by family and size. */
export const compiledShapes: readonly Ec2Shape[] = [...plainShapes(), ...burstableShapes()];

/**
 * On-demand Linux prices of `compiledPricesRegion` in US$ per hour, by type. AWS prices a family by its size: the table has each family's price
 * for one vCPU (of burstable types, for one GiB) and the sizes that leave this line. Prices have AWS's five decimals.
 */
export const compiledPrices: ReadonlyMap<string, number> = new Map([...plainPrices(), ...burstablePrices()]);

function* plainShapes(): Generator<Ec2Shape> {
  for (const [name, family] of Object.entries(compiledFamilies)) {
    for (const size of family.sizes) yield plainShape(name, family, size);
  }
}

function plainShape(name: string, family: CompiledFamily, size: string): Ec2Shape {
  const cpus = cpusOf(size);
  const { least, perCpu, most } = family.volumeMbps;
  return {
    type: `${name}.${size}`,
    cpus,
    memoryBytes: Math.round(family.gibPerCpu * cpus) * 2 ** 30,
    arch: family.arch,
    localDiskBytes: Math.floor((family.localGbPerCpu ?? 0) * cpus) * 1e9,
    isBurstable: false,
    isMetal: false,
    hasGpu: false,
    volumeThroughputMibps: mibps(Math.min(most, Math.max(least, perCpu * cpus))),
    isCurrentGeneration: true,
    markets: family.isOnDemandOnly ? ['on-demand'] : ['on-demand', 'spot'],
  };
}

function* plainPrices(): Generator<[string, number]> {
  for (const [name, { sizes, usdPerCpuHour, offTheLine = {} }] of Object.entries(compiledFamilies)) {
    for (const size of sizes) yield [`${name}.${size}`, offTheLine[size] ?? rounded(usdPerCpuHour * cpusOf(size))];
  }
}

function* burstableShapes(): Generator<Ec2Shape> {
  for (const [name, { arch }] of Object.entries(burstableFamilies)) {
    for (const size of burstableSizes) yield burstableShape(name, arch, size);
  }
}

function burstableShape(name: string, arch: Ec2Shape['arch'], { size, cpus, gib, volumeMbps }: CompiledBurstable) {
  return {
    type: `${name}.${size}`,
    cpus,
    memoryBytes: gib * 2 ** 30,
    arch,
    localDiskBytes: 0,
    isBurstable: true,
    isMetal: false,
    hasGpu: false,
    volumeThroughputMibps: mibps(volumeMbps),
    isCurrentGeneration: true,
    markets: ['on-demand', 'spot'],
  } satisfies Ec2Shape;
}

function* burstablePrices(): Generator<[string, number]> {
  for (const [name, { usdPerGibHour }] of Object.entries(burstableFamilies)) {
    for (const { size, gib } of burstableSizes) yield [`${name}.${size}`, rounded(usdPerGibHour * gib)];
  }
}

function cpusOf(size: string): number {
  if (size === 'medium') return 1;
  if (size === 'large') return 2;
  return 4 * (Number.parseInt(size, 10) || 1);
}

/** AWS counts volume bandwidth in 10⁶ bits. */
function mibps(mbps: number): number {
  return Math.floor((mbps * 1e6) / 8 / 2 ** 20);
}

function rounded(usdPerHour: number): number {
  return Math.round(usdPerHour * 1e5 + 1e-6) / 1e5;
}
