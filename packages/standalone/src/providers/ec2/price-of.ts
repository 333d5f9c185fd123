import { compiledPrices, compiledPricesDate, compiledPricesRegion } from './price-table.js';

/** Where a price comes from: AWS's price list, its spot price history, the table in this package, or what spot can cost at most. */
type PriceSource = 'price list' | 'spot history' | 'compiled table' | 'on-demand price';

export interface Price {
  readonly usdPerHour: number;
  readonly source: PriceSource;
  /** When it was true, epoch milliseconds. */
  readonly at: number;
  /** Another region's price, or no more than a bound. */
  readonly isApproximate: boolean;
}

/** Prices in US$ per hour by type, as they were read at one time (epoch milliseconds). */
export interface OnDemandPrices {
  readonly at: number;
  readonly usdPerHour: Readonly<Record<string, number>>;
}

/** By type, then by zone. */
export interface SpotPrices {
  readonly at: number;
  readonly usdPerHour: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** What a type costs on demand: as AWS's list said, else as the compiled table says; undefined where neither knows. */
export function onDemandPrice(type: string, region: string, listed: OnDemandPrices | undefined): Price | undefined {
  const found = listed?.usdPerHour[type];
  if (listed && found !== undefined) {
    return { usdPerHour: found, source: 'price list', at: listed.at, isApproximate: false };
  }
  const compiled = compiledPrices.get(type);
  if (compiled === undefined) return undefined;
  return {
    usdPerHour: compiled,
    source: 'compiled table',
    at: Date.parse(compiledPricesDate),
    isApproximate: region !== compiledPricesRegion,
  };
}

/**
 * What a type costs on the spot market of a zone. Where AWS's history was not read, it is the on-demand price, which spot never exceeds; where it
 * was read and has nothing of this type and zone, there is no such market and the price is undefined.
 */
export function spotPrice(
  type: string,
  zone: string,
  spot: SpotPrices | undefined,
  onDemand: Price | undefined,
): Price | undefined {
  if (spot === undefined) return onDemand && { ...onDemand, source: 'on-demand price', isApproximate: true };
  const usdPerHour = spot.usdPerHour[type]?.[zone];
  return usdPerHour === undefined
    ? undefined
    : { usdPerHour, source: 'spot history', at: spot.at, isApproximate: false };
}
