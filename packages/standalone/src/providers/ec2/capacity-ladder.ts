import type { Market } from '../../pool/cloud-machine.js';
import type { Ec2Offer } from './offers.js';
import { quotaFor } from './quota.js';
import { isScarce, rememberScarce, type ScarceMemory, type Scarcity } from './scarce.js';

/** One call of CreateFleet `instant`: any of its offers will do, and each is an override of the call. */
export interface Rung {
  readonly market: Market;
  /** All of one architecture, so that one image and one launch template serve. The cheapest first. */
  readonly offers: readonly Ec2Offer[];
}

export interface LadderSettings {
  /** Climbed in this order: `['spot', 'on-demand']` falls back to on-demand. */
  readonly markets: readonly Market[];
  /**
   * How much dearer than its cheapest offer a rung's others may be, as a factor. Wider finds capacity sooner; but spot's strategy weighs capacity
   * against price and may take the dearest. @defaultValue 1.5
   */
  readonly band?: number;
  /**
   * How much dearer than the market's cheapest fitting offer the last rung may be, as a factor: a small job does not end on a machine of 24 TiB
   * because the small ones are taken. @defaultValue 4
   */
  readonly reach?: number;
  /** Types in one call. @defaultValue 20 */
  readonly maxTypes?: number;
}

/** An error of a fleet: it tells of an override, not of an instance. */
export interface OverrideError {
  readonly code: string;
  readonly message?: string | undefined;
  readonly type?: string | undefined;
  readonly zone?: string | undefined;
}

/**
 * The calls to make, one after the other, until one gives a machine. Offers that are scarce now are left out; since time passes while one climbs,
 * `withoutScarce` is to be asked again before each call. Every offer is on one rung at most, so that a climb ends.
 */
export function rungsOf(
  offers: readonly Ec2Offer[],
  memory: ScarceMemory,
  settings: LadderSettings,
  now: number,
): readonly Rung[] {
  const { reach = 4 } = settings;
  return settings.markets.flatMap(market => {
    const fitting = cheapestFirst(offers.filter(offer => offer.market === market));
    const most = (fitting[0]?.usdPerHour ?? 0) * reach;
    const open = fitting.filter(offer => offer.usdPerHour <= most && !isScarceOffer(memory, offer, now));
    const rungs = [...new Set(open.map(({ shape }) => shape.arch))].flatMap(arch =>
      packed(
        market,
        open.filter(({ shape }) => shape.arch === arch),
        settings,
      ),
    );
    return rungs.sort((a, b) => a.offers[0]!.usdPerHour - b.offers[0]!.usdPerHour);
  });
}

/** The rung as it is worth asking now; undefined where all of it is scarce. */
export function withoutScarce(rung: Rung, memory: ScarceMemory, now: number): Rung | undefined {
  const offers = rung.offers.filter(offer => !isScarceOffer(memory, offer, now));
  return offers.length === 0 ? undefined : { ...rung, offers };
}

/**
 * What a fleet's errors taught: the memory with what is scarce in it, and the errors that do not speak of capacity and need another answer than the
 * next rung. Only what was named is remembered: that a fleet did not try an override says nothing about it.
 */
export function learnFrom(
  memory: ScarceMemory,
  rung: Rung,
  errors: readonly OverrideError[],
  now: number,
): { readonly memory: ScarceMemory; readonly others: readonly OverrideError[] } {
  const found: Scarcity[] = [];
  const others: OverrideError[] = [];
  for (const error of errors) {
    if (isCapacityCode(error.code)) found.push(...scarcitiesOf(rung, error));
    else others.push(error);
  }
  return { memory: rememberScarce(memory, found, now), others };
}

/** Codes that say: this type, in this zone, on this market, is not there now. */
const typeCodes: ReadonlySet<string> = new Set([
  'InsufficientInstanceCapacity',
  'InsufficientHostCapacity',
  'InsufficientReservedInstanceCapacity',
  'ReservationCapacityExceeded',
  'UnfulfillableCapacity',
  'SpotMaxPriceTooLow',
  'Unsupported',
]);

/** True for codes that say that a quota is used up. */
function isQuotaCode(code: string): boolean {
  return code === 'VcpuLimitExceeded' || code === 'InstanceLimitExceeded' || code === 'MaxSpotInstanceCountExceeded';
}

/** True for codes that another rung may be an answer to. */
export function isCapacityCode(code: string): boolean {
  return (
    typeCodes.has(code) ||
    isQuotaCode(code) ||
    code === 'InsufficientFreeAddressesInSubnet' ||
    code === 'MaxFleetCountExceeded'
  );
}

function scarcitiesOf({ market, offers }: Rung, { code, type, zone }: OverrideError): readonly Scarcity[] {
  const meant = offers.filter(
    offer => (type === undefined || offer.shape.type === type) && (zone === undefined || offer.zone === zone),
  );
  if (typeCodes.has(code)) {
    return meant.map(offer => ({ of: 'type', market, type: offer.shape.type, zone: offer.zone }));
  }
  if (code === 'InsufficientFreeAddressesInSubnet') {
    const zones = [...new Set(meant.map(offer => offer.zone))];
    return zones.flatMap(zone =>
      (['on-demand', 'spot'] as const).map(of => ({ of: 'zone', market: of, zone }) as const),
    );
  }
  if (isQuotaCode(code)) {
    const codes = new Set(meant.map(({ shape }) => quotaFor(shape.type, market)?.code));
    return [...codes].map(code => (code === undefined ? { of: 'market', market } : { of: 'quota', market, code }));
  }
  return code === 'MaxFleetCountExceeded' ? [{ of: 'market', market }] : [];
}

/** Cuts offers, the cheapest first, into rungs that are each within the band of their own cheapest. */
function packed(market: Market, offers: readonly Ec2Offer[], { band = 1.5, maxTypes = 20 }: LadderSettings): Rung[] {
  const rungs: Rung[] = [];
  let rest = offers;
  while (rest.length > 0) {
    const most = rest[0]!.usdPerHour * band;
    const types = new Set<string>();
    const taken: Ec2Offer[] = [];
    const left: Ec2Offer[] = [];
    for (const offer of rest) {
      const hasRoom = types.has(offer.shape.type) || types.size < maxTypes;
      const isTaken = taken.length === 0 || (offer.usdPerHour <= most && hasRoom);
      if (isTaken) types.add(offer.shape.type);
      (isTaken ? taken : left).push(offer);
    }
    rungs.push({ market, offers: taken });
    rest = left;
  }
  return rungs;
}

function isScarceOffer(memory: ScarceMemory, { market, shape, zone }: Ec2Offer, now: number): boolean {
  return isScarce(memory, { market, type: shape.type, zone }, now);
}

/** `sort` is stable: at equal price the given order stays. */
function cheapestFirst(offers: readonly Ec2Offer[]): readonly Ec2Offer[] {
  return [...offers].sort((a, b) => a.usdPerHour - b.usdPerHour);
}
