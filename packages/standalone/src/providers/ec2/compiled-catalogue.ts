import type { Ec2Shape } from './ec2-shape.js';
import type { OnDemandPrices, SpotPrices } from './price-of.js';
import { compiledPricesDate, compiledPricesRegion, compiledShapes } from './price-table.js';

/** What there is in a region and what it costs. */
export interface Catalogue {
  readonly region: string;
  readonly shapes: readonly Ec2Shape[];
  /** Zones by type; undefined where AWS could not be asked. */
  readonly zones?: Readonly<Record<string, readonly string[]>>;
  readonly onDemand?: OnDemandPrices;
  readonly spot?: SpotPrices;
  /** What could not be read and what stands in for it, in words for people. */
  readonly notes: readonly string[];
}

/** What this package knows by itself: for plans without credentials, and tests. */
export function compiledCatalogue(region: string): Catalogue {
  return { region, shapes: compiledShapes, notes: [compiledPricesNote(region)] };
}

/** What is said of prices that nobody asked AWS for. */
export function compiledPricesNote(region: string): string {
  const elsewhere = region === compiledPricesRegion ? '' : ', which are only approximate here';
  return `the compiled ones of ${compiledPricesRegion}, ${compiledPricesDate}, are used${elsewhere}`;
}
