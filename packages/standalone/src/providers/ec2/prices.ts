import type { SpotPrice } from '@aws-sdk/client-ec2';
import { MegalithError } from '@megalith/agent';
import * as z from 'zod';
import type { OnDemandPrices, SpotPrices } from './price-of.js';

/** A page of a reply to GetProducts of the service code `AmazonEC2`: each product is JSON as a string. */
export interface ProductsPage {
  readonly PriceList?: Iterable<unknown> | undefined;
}

/** A page of a reply to DescribeSpotPriceHistory. */
export interface SpotPricesPage {
  readonly SpotPriceHistory?: readonly SpotPrice[] | undefined;
}

const product = z.object({
  product: z.object({
    attributes: z.object({
      instanceType: z.optional(z.string()),
      regionCode: z.optional(z.string()),
      operatingSystem: z.optional(z.string()),
      tenancy: z.optional(z.string()),
      capacitystatus: z.optional(z.string()),
      preInstalledSw: z.optional(z.string()),
      operation: z.optional(z.string()),
    }),
  }),
  terms: z.object({
    OnDemand: z.optional(
      z.record(
        z.string(),
        z.object({
          priceDimensions: z.record(
            z.string(),
            z.object({ unit: z.string(), pricePerUnit: z.object({ USD: z.optional(z.string()) }) }),
          ),
        }),
      ),
    ),
  }),
});

/** What plain Linux on shared hardware has in its attributes; `RunInstances` alone is Linux without anything to pay beside. */
const plainLinux = {
  operatingSystem: 'Linux',
  tenancy: 'Shared',
  capacitystatus: 'Used',
  preInstalledSw: 'NA',
  operation: 'RunInstances',
} as const;

/**
 * On-demand Linux prices of a region. Products of other systems, tenancies and regions are passed over, as are prices in other currencies.
 *
 * @throws MegalithError CLOUD_FAILED where a product is not what the price list's format says
 */
export async function onDemandFrom(
  pages: AsyncIterable<ProductsPage>,
  region: string,
  now: number,
): Promise<OnDemandPrices> {
  const usdPerHour: Record<string, number> = {};
  for await (const { PriceList = [] } of pages) {
    for (const item of PriceList) {
      const { product: of, terms } = parsedProduct(item);
      const { instanceType, regionCode, ...attributes } = of.attributes;
      if (instanceType === undefined || regionCode !== region || !isPlainLinux(attributes)) continue;
      const price = hourlyUsd(terms.OnDemand ?? {});
      if (price !== undefined) usdPerHour[instanceType] = price;
    }
  }
  return { at: now, usdPerHour };
}

/**
 * Spot prices of Linux, the latest of each type and zone in whatever order they come.
 *
 * @throws MegalithError CLOUD_FAILED where an entry has no type, zone, time or price
 */
export async function spotFrom(pages: AsyncIterable<SpotPricesPage>, now: number): Promise<SpotPrices> {
  const latest = new Map<string, Map<string, { readonly usd: number; readonly at: number }>>();
  for await (const { SpotPriceHistory = [] } of pages) {
    for (const entry of SpotPriceHistory) {
      const { InstanceType: type, AvailabilityZone: zone, Timestamp, ProductDescription: product } = entry;
      if (product !== undefined && !product.startsWith('Linux/UNIX')) continue;
      const usd = Number(entry.SpotPrice ?? Number.NaN);
      if (!type || !zone || !Timestamp || !(usd > 0)) {
        throw new MegalithError('CLOUD_FAILED', 'EC2 listed a spot price without its type, zone, time or price', {
          hint: 'check that the endpoint is one of EC2',
          details: { type, zone, price: entry.SpotPrice },
        });
      }
      const zones = latest.get(type) ?? new Map<string, { readonly usd: number; readonly at: number }>();
      const at = Timestamp.getTime();
      if (at >= (zones.get(zone)?.at ?? Number.NEGATIVE_INFINITY)) zones.set(zone, { usd, at });
      latest.set(type, zones);
    }
  }
  const usdPerHour = Object.fromEntries(
    [...latest].map(([type, zones]) => [type, Object.fromEntries([...zones].map(([zone, { usd }]) => [zone, usd]))]),
  );
  return { at: now, usdPerHour };
}

type Product = z.infer<typeof product>;

/** The SDK hands out strings, or its own objects that stand for them. */
function parsedProduct(item: unknown): Product {
  let value: unknown;
  try {
    value = JSON.parse(String(item));
  } catch (cause) {
    throw notAPriceList(cause);
  }
  const { success, data, error } = product.safeParse(value);
  if (!success) throw notAPriceList(error);
  return data;
}

function notAPriceList(cause: unknown): MegalithError {
  return new MegalithError('CLOUD_FAILED', 'the price list of EC2 has a product that is not in its format', {
    hint: 'compiled prices are used instead; nothing needs to be done',
    cause,
  });
}

function isPlainLinux(attributes: Readonly<Record<string, string | undefined>>): boolean {
  return Object.entries(plainLinux).every(([name, wanted]) => attributes[name] === wanted);
}

/** Entries at no price are of things that are paid for elsewhere. */
function hourlyUsd(terms: NonNullable<Product['terms']['OnDemand']>): number | undefined {
  for (const { priceDimensions } of Object.values(terms)) {
    for (const { unit, pricePerUnit } of Object.values(priceDimensions)) {
      const usd = Number(pricePerUnit.USD ?? Number.NaN);
      if (unit === 'Hrs' && usd > 0) return usd;
    }
  }
  return undefined;
}
