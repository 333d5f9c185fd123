import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InstanceTypeInfo } from '@aws-sdk/client-ec2';
import { MegalithError } from '@megalith/agent';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pagesOf } from './catalogue.fixture.js';
import { type CatalogueCalls, catalogueMs, loadCatalogue, spotPricesMs } from './catalogue.js';
import { cataloguePath } from './catalogue-file.js';
import { compiledShapes } from './price-table.js';

const now = Date.UTC(2026, 10, 21, 15);
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'catalogue-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const r6i: InstanceTypeInfo = {
  InstanceType: 'r6i.large',
  ProcessorInfo: { SupportedArchitectures: ['x86_64'] },
  VCpuInfo: { DefaultVCpus: 2 },
  MemoryInfo: { SizeInMiB: 16_384 },
  SupportedUsageClasses: ['on-demand', 'spot'],
};
const r6iPrice = JSON.stringify({
  product: {
    attributes: {
      instanceType: 'r6i.large',
      regionCode: 'us-east-1',
      operatingSystem: 'Linux',
      tenancy: 'Shared',
      capacitystatus: 'Used',
      preInstalledSw: 'NA',
      operation: 'RunInstances',
    },
  },
  terms: { OnDemand: { a: { priceDimensions: { b: { unit: 'Hrs', pricePerUnit: { USD: '0.1260000000' } } } } } },
});
const spotEntry = {
  InstanceType: 'r6i.large',
  AvailabilityZone: 'us-east-1a',
  SpotPrice: '0.0321',
  ProductDescription: 'Linux/UNIX',
  Timestamp: new Date(now),
} as const;

/** An AWS that answers, and keeps a list of what it was asked. */
function answering(asked: string[], part: Partial<CatalogueCalls> = {}): CatalogueCalls {
  const noting = <T>(name: string, page: T) => {
    asked.push(name);
    return pagesOf(page);
  };
  return {
    instanceTypes: () => noting('types', { InstanceTypes: [r6i] }),
    offerings: () =>
      noting('offerings', { InstanceTypeOfferings: [{ InstanceType: 'r6i.large' as const, Location: 'us-east-1a' }] }),
    products: () => noting('products', { PriceList: [r6iPrice] }),
    spotPrices: () => noting('spot', { SpotPriceHistory: [spotEntry] }),
    ...part,
  };
}

/** A call that fails as one without permission does. */
// biome-ignore lint/correctness/useYield: it fails before its first page
async function* refused(): AsyncGenerator<never> {
  throw new MegalithError('NO_CREDENTIALS', 'the credentials do not allow it');
}

/** A call that neither answers nor listens to its signal. */
function deaf(): AsyncIterable<never> {
  return { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) };
}

const options = (part: Partial<Parameters<typeof loadCatalogue>[1]> = {}) => ({
  home,
  region: 'us-east-1',
  place: 'aws 123456789012',
  wantsSpot: true,
  now,
  ...part,
});

describe('a catalogue', () => {
  it('is what AWS says, and is kept for a day, its spot prices for ten minutes', async () => {
    const asked: string[] = [];
    const calls = answering(asked);
    const first = await loadCatalogue(calls, options());
    expect(first).toMatchObject({
      shapes: [{ type: 'r6i.large', memoryBytes: 16 * 2 ** 30 }],
      zones: { 'r6i.large': ['us-east-1a'] },
      onDemand: { at: now, usdPerHour: { 'r6i.large': 0.126 } },
      spot: { at: now, usdPerHour: { 'r6i.large': { 'us-east-1a': 0.0321 } } },
      notes: [],
    });
    expect(asked.splice(0).sort()).toEqual(['offerings', 'products', 'spot', 'types']);
    expect(statSync(cataloguePath(home, 'us-east-1')).mode & 0o777).toBe(0o600);

    expect(await loadCatalogue(calls, options({ now: now + spotPricesMs - 1 }))).toEqual(first);
    expect(asked).toEqual([]);
    await loadCatalogue(calls, options({ now: now + spotPricesMs }));
    expect(asked.splice(0)).toEqual(['spot']);
    await loadCatalogue(calls, options({ now: now + catalogueMs }));
    expect(asked.splice(0).sort()).toEqual(['offerings', 'products', 'spot', 'types']);
  });

  it('asks for no spot prices where no spot machine is wanted', async () => {
    const asked: string[] = [];
    const catalogue = await loadCatalogue(answering(asked), options({ wantsSpot: false }));
    expect(asked.sort()).toEqual(['offerings', 'products', 'types']);
    expect(catalogue.spot).toBeUndefined();
  });

  it('is the compiled one where credentials allow nothing, and says why', async () => {
    const calls = { instanceTypes: refused, offerings: refused, products: refused, spotPrices: refused };
    const catalogue = await loadCatalogue(calls, options({ region: 'eu-west-1' }));
    expect(catalogue).toEqual({
      region: 'eu-west-1',
      shapes: compiledShapes,
      notes: expect.arrayContaining([
        'instance types could not be read: the credentials do not allow it; the compiled ones are used',
        'on-demand prices could not be read: the credentials do not allow it; ' +
          'the compiled ones of us-east-1, 2026-07-20, are used, which are only approximate here',
        'spot prices could not be read: the credentials do not allow it; on-demand prices, which they never exceed, are used',
      ]),
    });
    expect(catalogue.notes).toHaveLength(3);
  });

  it('keeps what it had where a refresh fails, and what it could read where another part fails', async () => {
    await loadCatalogue(answering([]), options());
    const later = await loadCatalogue(
      answering([], { spotPrices: refused, products: refused }),
      options({ now: now + catalogueMs }),
    );
    expect(later.spot).toEqual({ at: now, usdPerHour: { 'r6i.large': { 'us-east-1a': 0.0321 } } });
    expect(later.onDemand?.at).toBe(now);
    expect(later.notes).toHaveLength(2);
    expect(later.notes[0]).toContain('those of 2026-11-21T15:00Z are used');
  });

  it('comes within its deadline, though AWS neither answers nor hangs up', async () => {
    const calls = { instanceTypes: deaf, offerings: deaf, products: deaf, spotPrices: deaf };
    const catalogue = await loadCatalogue(calls, options({ deadlineMs: 20 }));
    expect(catalogue.shapes).toBe(compiledShapes);
    expect(catalogue.notes[0]).toContain('AWS did not answer within 0.02 s');
  });

  it('ends with its signal', async () => {
    const calls = { instanceTypes: deaf, offerings: deaf, products: deaf, spotPrices: deaf };
    const controller = new AbortController();
    const loading = loadCatalogue(calls, options({ signal: controller.signal }));
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(loading).rejects.toBe(reason);
    await expect(loadCatalogue(answering([]), options({ signal: controller.signal }))).rejects.toBe(reason);
  });

  it('ends the other calls once all parts are settled', async () => {
    const signals: AbortSignal[] = [];
    const offerings = (signal: AbortSignal) => {
      signals.push(signal);
      return deaf();
    };
    await loadCatalogue(answering([], { instanceTypes: refused, offerings }), options());
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it('is not taken from another account, nor from a damaged file', async () => {
    await loadCatalogue(answering([]), options());
    const asked: string[] = [];
    await loadCatalogue(answering(asked), options({ place: 'http://127.0.0.1:4566' }));
    expect(asked.splice(0)).toContain('types');
    for (const text of [
      '{',
      '{"formatVersion":1}',
      readFileSync(cataloguePath(home, 'us-east-1'), 'utf8').slice(0, 80),
    ]) {
      writeFileSync(cataloguePath(home, 'us-east-1'), text);
      const catalogue = await loadCatalogue(answering(asked), options());
      expect([catalogue.notes, asked.splice(0).length]).toEqual([[], 4]);
    }
  });

  it('is there even where it can not be kept', async () => {
    writeFileSync(join(home, 'cloud'), 'a file, not a folder');
    const catalogue = await loadCatalogue(answering([]), options());
    expect(catalogue.shapes).toHaveLength(1);
    expect(catalogue.notes).toEqual([
      expect.stringContaining("the kept catalogue can't be read"),
      expect.stringContaining("the catalogue can't be kept"),
    ]);
  });
});
