import type { PriceBook } from '@megalith/core';
import type { Catalogue } from './compiled-catalogue.js';

/** The prices of a book in place of those of a catalogue, where they are of its region; what is not in it keeps its price. Spot then costs what on demand does. */
export function withPrices(catalogue: Catalogue, { date, region, ec2 }: PriceBook): Catalogue {
  if (region !== catalogue.region) return catalogue;
  const { spot: _, onDemand, ...rest } = catalogue;
  const usdPerHour = { ...onDemand?.usdPerHour, ...ec2 };
  const note = `prices of ${date} are used for ${Object.keys(ec2).length} types`;
  return { ...rest, onDemand: { at: Date.parse(date), usdPerHour }, notes: [...catalogue.notes, note] };
}

/** A catalogue without the prices that are of later than this time, epoch milliseconds: the compiled ones stand in for those. */
export function withoutLater(catalogue: Catalogue, at: number): Catalogue {
  const { spot, onDemand, ...rest } = catalogue;
  return {
    ...rest,
    ...(onDemand === undefined || onDemand.at > at ? {} : { onDemand }),
    ...(spot === undefined || spot.at > at ? {} : { spot }),
  };
}
