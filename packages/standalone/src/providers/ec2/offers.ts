import { formatSize, type ReasonCode } from '@megalith/core';
import type { Market } from '../../pool/cloud-machine.js';
import type { MachineRequirements, Offer } from '../../pool/offer.js';
import type { Catalogue } from './compiled-catalogue.js';
import type { Ec2Shape } from './ec2-shape.js';
import { onDemandPrice, type Price, spotPrice } from './price-of.js';
import { typeAllowance } from './type-patterns.js';

/** An offer of EC2, which knows where its price comes from. */
export interface Ec2Offer extends Offer {
  readonly shape: Ec2Shape;
  readonly price: Price;
}

/** What the settings allow, whatever a job asks for. */
export interface OfferLimits {
  /** Patterns of types, see `typeAllowance`. */
  readonly types?: readonly string[] | undefined;
  readonly archs: readonly Ec2Shape['arch'][];
  /** At equal price the earlier comes first. */
  readonly markets: readonly Market[];
  readonly maxUsdPerHour?: number | undefined;
  /** Zones that there is a subnet in. @defaultValue all that the catalogue has */
  readonly zones?: readonly string[] | undefined;
  /** What machines of a type were seen to have for tasks, bytes by type. @defaultValue none was seen */
  readonly observedMemoryBytes?: Readonly<Record<string, number>> | undefined;
}

/** A shape that is not offered, and the first reason why. */
export interface RejectedShape {
  readonly shape: Ec2Shape;
  readonly reason: Extract<ReasonCode, 'OVER_MEMORY' | 'OVER_CPUS' | 'OVER_DISK' | 'OVER_BUDGET' | 'NOT_CONFIGURED'>;
  readonly explanation: string;
  /** Of one that is too dear. */
  readonly usdPerHour?: number;
}

/**
 * The part of a machine's nominal memory that its tasks can count on before such a machine was seen: hypervisor and kernel keep the rest. Karpenter's
 * default for the same purpose (`vm-memory-overhead-percent`, 7.5 %).
 */
export const usableMemoryShare = 0.925;

/** The largest gp3 volume that every region has: 16 TiB. */
const largestVolumeBytes = 16 * 2 ** 40;

/**
 * Every shape that fits, in each zone and market that has it, the cheapest first; at equal price by market, type and zone. Where nobody knows the
 * zones of a region, the region's name stands for any of them: such an offer is good for a plan.
 */
export function offersFor(
  requirements: MachineRequirements,
  catalogue: Catalogue,
  limits: OfferLimits,
): readonly Ec2Offer[] {
  const judge = judgeOf(requirements, catalogue, limits);
  return catalogue.shapes
    .flatMap(shape => judge(shape).offers)
    .sort(
      (a, b) =>
        a.usdPerHour - b.usdPerHour ||
        limits.markets.indexOf(a.market) - limits.markets.indexOf(b.market) ||
        byName(a.shape.type, b.shape.type) ||
        byName(a.zone, b.zone),
    );
}

/** The shapes that `offersFor` has no offer of, by their names: for `plan`. */
export function rejectedOffers(
  requirements: MachineRequirements,
  catalogue: Catalogue,
  limits: OfferLimits,
): readonly RejectedShape[] {
  const judge = judgeOf(requirements, catalogue, limits);
  return catalogue.shapes
    .flatMap(shape => {
      const { refusal } = judge(shape);
      return refusal ? [{ shape, ...refusal }] : [];
    })
    .sort((a, b) => byName(a.shape.type, b.shape.type));
}

type Refusal = Omit<RejectedShape, 'shape'>;

/** Either there are offers, or there is a refusal. */
interface Judgement {
  readonly offers: readonly Ec2Offer[];
  readonly refusal?: Refusal;
}

function judgeOf(requirements: MachineRequirements, catalogue: Catalogue, limits: OfferLimits) {
  const isAllowed = typeAllowance(limits.types);
  return (shape: Ec2Shape): Judgement => {
    const usableMemoryBytes = usableMemory(shape, limits.observedMemoryBytes);
    const refusal = refusalOf(shape, usableMemoryBytes, requirements, limits, isAllowed);
    if (refusal) return { offers: [], refusal };
    const priced = pricedOffers(shape, usableMemoryBytes, catalogue, limits);
    const cheapest = Math.min(...priced.map(({ usdPerHour }) => usdPerHour));
    if (priced.length === 0) {
      return { offers: [], refusal: notConfigured('no zone and market that are allowed have it at a known price') };
    }
    const most = limits.maxUsdPerHour ?? Number.POSITIVE_INFINITY;
    const offers = priced.filter(({ usdPerHour }) => usdPerHour <= most);
    if (offers.length > 0) return { offers };
    return {
      offers,
      refusal: {
        reason: 'OVER_BUDGET',
        explanation: `it costs $${cheapest} an hour; at most $${most} are allowed`,
        usdPerHour: cheapest,
      },
    };
  };
}

function refusalOf(
  shape: Ec2Shape,
  usableMemoryBytes: number,
  { cpus, memoryBytes, diskBytes = 0 }: MachineRequirements,
  { archs, markets }: OfferLimits,
  isAllowed: (shape: Ec2Shape) => boolean,
): Refusal | undefined {
  if (!isAllowed(shape)) return notConfigured('the types that may be taken do not include it');
  if (!archs.includes(shape.arch)) return notConfigured(`it is ${shape.arch}; allowed: ${archs.join(', ')}`);
  if (!markets.some(market => shape.markets.includes(market))) {
    return notConfigured(`it can't be had as ${markets.join(' or ')}`);
  }
  if (cpus > shape.cpus) {
    return { reason: 'OVER_CPUS', explanation: `it has ${shape.cpus} cpus; ${cpus} are needed` };
  }
  if (memoryBytes > usableMemoryBytes) {
    const [has, needed] = [usableMemoryBytes, memoryBytes].map(bytes => formatSize(bytes));
    return { reason: 'OVER_MEMORY', explanation: `${has} of its memory can be used; ${needed} are needed` };
  }
  const diskRoom = Math.max(shape.localDiskBytes, largestVolumeBytes);
  if (diskBytes > diskRoom) {
    const [has, needed] = [diskRoom, diskBytes].map(bytes => formatSize(bytes));
    return { reason: 'OVER_DISK', explanation: `it can have ${has} of disk; ${needed} are needed` };
  }
  return undefined;
}

function pricedOffers(
  shape: Ec2Shape,
  usableMemoryBytes: number,
  catalogue: Catalogue,
  limits: OfferLimits,
): readonly Ec2Offer[] {
  const { region, onDemand, spot } = catalogue;
  const listed = onDemandPrice(shape.type, region, onDemand);
  return limits.markets
    .filter(market => shape.markets.includes(market))
    .flatMap(market =>
      zonesOf(shape.type, catalogue, limits.zones).flatMap(zone => {
        const price = market === 'spot' ? spotPrice(shape.type, zone, spot, listed) : listed;
        return price ? [{ shape, zone, market, usdPerHour: price.usdPerHour, usableMemoryBytes, price }] : [];
      }),
    );
}

function zonesOf(type: string, { region, zones }: Catalogue, wanted: readonly string[] | undefined): readonly string[] {
  if (zones === undefined) return wanted ?? [region];
  const has = zones[type] ?? [];
  return wanted ? has.filter(zone => wanted.includes(zone)) : has;
}

function usableMemory({ type, memoryBytes }: Ec2Shape, observed: Readonly<Record<string, number>> | undefined): number {
  return observed?.[type] ?? Math.floor(memoryBytes * usableMemoryShare);
}

function notConfigured(explanation: string): Refusal {
  return { reason: 'NOT_CONFIGURED', explanation };
}

function byName(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
