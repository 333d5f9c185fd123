import type { CloudShape } from '../../pool/offer.js';

/** A gp3 volume, as the API takes it. */
export interface RootVolume {
  readonly sizeGib: number;
  readonly iops: number;
  readonly throughputMibps: number;
}

const gib = 1024 ** 3;

// EBS User Guide, "General Purpose SSD volumes". The maxima of 2025 are 80,000 IOPS and 2,000 MiB/s; these older ones every region and partition takes.
const leastIops = 3_000;
const mostIops = 16_000;
const leastMibps = 125;
const mostMibps = 1_000;
const mostIopsPerGib = 500;
const mostMibpsPerIops = 0.25;
const mostGib = 16_384;

/** MiB/s for each vCPU: what is above the baseline then costs less than 1 % of the machine (0.04 USD a month for 1 MiB/s). */
const mibpsPerCpu = 8;

/**
 * The volume with the system on it, for the most demanding of these shapes: 8 MiB/s for each vCPU, from 125 up to 1,000 and to what the shape can
 * move; as many IOPS as gp3 wants for that, four for each MiB/s, from 3,000. Shapes with fast disks of their own have their data there, and get the
 * baseline.
 * @param diskBytes what the settings or the job want
 * @param imageBytes the image's own size: no volume is smaller
 */
export function rootVolume(shapes: readonly CloudShape[], diskBytes: number, imageBytes: number): RootVolume {
  const sizeGib = Math.min(mostGib, Math.max(1, Math.ceil(Math.max(diskBytes, imageBytes) / gib)));
  const ceilingIops = Math.min(mostIops, Math.max(leastIops, sizeGib * mostIopsPerGib));
  const wanted = Math.max(leastMibps, ...shapes.map(wantedMibps));
  const throughputMibps = Math.floor(Math.min(mostMibps, wanted, ceilingIops * mostMibpsPerIops));
  const iops = Math.max(leastIops, Math.ceil(throughputMibps / mostMibpsPerIops));
  return { sizeGib, iops, throughputMibps };
}

function wantedMibps({ cpus, localDiskBytes, volumeThroughputMibps = Number.POSITIVE_INFINITY }: CloudShape): number {
  return localDiskBytes > 0 ? leastMibps : Math.min(cpus * mibpsPerCpu, volumeThroughputMibps);
}

/** https://aws.amazon.com/ebs/pricing/, gp3 in us-east-1, as of 2025; a month is 730 hours. Elsewhere it is up to twice that. */
const usdPerMonth = { gib: 0.08, iops: 0.005, mibps: 0.04 };

/** What a volume costs, whether its machine runs or not, dollars an hour. */
export function volumeUsdPerHour({ sizeGib, iops, throughputMibps }: RootVolume): number {
  const { gib: perGib, iops: perIops, mibps: perMibps } = usdPerMonth;
  const month = sizeGib * perGib + (iops - leastIops) * perIops + (throughputMibps - leastMibps) * perMibps;
  return month / 730;
}
