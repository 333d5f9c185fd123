import type { SpotPrice } from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { pagesOf } from './catalogue.fixture.js';
import { onDemandPrice, spotPrice } from './price-of.js';
import { onDemandFrom, spotFrom } from './prices.js';

function productOf(instanceType: string, usd: string, attributes: Readonly<Record<string, string>> = {}): string {
  return JSON.stringify({
    product: {
      productFamily: 'Compute Instance',
      sku: 'ABC',
      attributes: {
        instanceType,
        regionCode: 'eu-west-1',
        operatingSystem: 'Linux',
        tenancy: 'Shared',
        capacitystatus: 'Used',
        preInstalledSw: 'NA',
        operation: 'RunInstances',
        memory: '1,024 GiB',
        ...attributes,
      },
    },
    serviceCode: 'AmazonEC2',
    terms: {
      OnDemand: {
        'ABC.JRTCKXETXF': {
          effectiveDate: '2026-07-01T00:00:00Z',
          priceDimensions: {
            'ABC.JRTCKXETXF.6YS6EN2CT7': {
              unit: 'Hrs',
              description: `$${usd} per On Demand Linux ${instanceType} Instance Hour`,
              pricePerUnit: { USD: usd },
            },
          },
        },
      },
      Reserved: {},
    },
    version: '20260720',
  });
}

test('the price list gives hourly prices of plain Linux in the region', async () => {
  const pages = pagesOf(
    { PriceList: [productOf('r6i.32xlarge', '9.0240000000'), productOf('m6i.large', '0.1070000000')] },
    {
      PriceList: [
        // The SDK's own strings are objects.
        Object(productOf('r6a.32xlarge', '8.1216000000')),
        productOf('m6i.large', '0.9990000000', { operatingSystem: 'Windows', operation: 'RunInstances:0002' }),
        productOf('m6i.large', '0.1170000000', { tenancy: 'Dedicated' }),
        productOf('m6i.large', '0.0000000000'),
        productOf('m6i.large', '0.2000000000', { regionCode: 'eu-west-2' }),
        productOf('m6i.large', '0.3000000000', { preInstalledSw: 'SQL Std', operation: 'RunInstances:0004' }),
        productOf('m6i.large', '0.4000000000', { capacitystatus: 'UnusedCapacityReservation' }),
      ],
    },
  );
  expect(await onDemandFrom(pages, 'eu-west-1', 77)).toEqual({
    at: 77,
    usdPerHour: { 'r6i.32xlarge': 9.024, 'm6i.large': 0.107, 'r6a.32xlarge': 8.1216 },
  });
});

test.each(['{', '{"product":{}}', '[]'])('a price list with the product %s is refused', async text => {
  const reading = onDemandFrom(pagesOf({ PriceList: [text] }), 'eu-west-1', 0);
  await expect(reading).rejects.toMatchObject({ code: 'CLOUD_FAILED' });
});

function spotOf(zone: string, price: string, minute: number): SpotPrice {
  return {
    InstanceType: 'r6i.large',
    AvailabilityZone: zone,
    SpotPrice: price,
    ProductDescription: 'Linux/UNIX',
    Timestamp: new Date(minute * 60_000),
  };
}

test('of spot prices the latest of each type and zone counts, in whatever order they come', async () => {
  const pages = pagesOf(
    { SpotPriceHistory: [spotOf('us-east-1a', '0.0400', 5), spotOf('us-east-1b', '0.0500', 1)] },
    { SpotPriceHistory: [spotOf('us-east-1a', '0.0300', 4), spotOf('us-east-1b', '0.0600', 2)] },
    { SpotPriceHistory: [{ ...spotOf('us-east-1b', '9', 9), ProductDescription: 'Windows' as const }] },
  );
  expect(await spotFrom(pages, 77)).toEqual({
    at: 77,
    usdPerHour: { 'r6i.large': { 'us-east-1a': 0.04, 'us-east-1b': 0.06 } },
  });
  for (const part of [{ SpotPrice: 'cheap' }, { Timestamp: undefined }, { AvailabilityZone: undefined }]) {
    const entry = { ...spotOf('us-east-1a', '1', 1), ...part } as SpotPrice;
    await expect(spotFrom(pagesOf({ SpotPriceHistory: [entry] }), 0)).rejects.toMatchObject({ code: 'CLOUD_FAILED' });
  }
});

test('each price says where it comes from', () => {
  const listed = { at: 5, usdPerHour: { 'r6i.large': 0.14 } };
  expect(onDemandPrice('r6i.large', 'eu-west-1', listed)).toEqual({
    usdPerHour: 0.14,
    source: 'price list',
    at: 5,
    isApproximate: false,
  });
  const compiled = { usdPerHour: 0.096, source: 'compiled table', at: Date.UTC(2026, 6, 20) };
  expect(onDemandPrice('m6i.large', 'eu-west-1', listed)).toEqual({ ...compiled, isApproximate: true });
  expect(onDemandPrice('m6i.large', 'us-east-1', undefined)).toEqual({ ...compiled, isApproximate: false });
  expect(onDemandPrice('zz9.large', 'us-east-1', listed)).toBeUndefined();
});

test('a spot price that nobody knows is bounded by the on-demand price, and one that AWS does not list is none', () => {
  const onDemand = onDemandPrice('m6i.large', 'us-east-1', undefined);
  expect(spotPrice('m6i.large', 'us-east-1a', undefined, onDemand)).toEqual({
    ...onDemand,
    source: 'on-demand price',
    isApproximate: true,
  });
  const spot = { at: 9, usdPerHour: { 'm6i.large': { 'us-east-1a': 0.03 } } };
  expect(spotPrice('m6i.large', 'us-east-1a', spot, onDemand)).toEqual({
    usdPerHour: 0.03,
    source: 'spot history',
    at: 9,
    isApproximate: false,
  });
  expect(spotPrice('m6i.large', 'us-east-1b', spot, onDemand)).toBeUndefined();
});
