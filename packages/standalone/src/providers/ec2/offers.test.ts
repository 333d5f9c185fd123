import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCatalogue, anyLimits, anyRequirements, shapeOf } from './catalogue.fixture.js';
import { type Catalogue, compiledCatalogue } from './compiled-catalogue.js';
import { type Ec2Offer, offersFor, rejectedOffers } from './offers.js';
import { typeAllowance } from './type-patterns.js';

const gib = 2 ** 30;
/** Many of them have no offer at all. */
const runs = { numRuns: 300 };
const nameOf = ({ shape, zone, market }: Ec2Offer) => `${shape.type} ${zone} ${market}`;

/** The same catalogue where everything costs `factor` times as much. */
function scaled(catalogue: Catalogue, factor: number): Catalogue {
  const times = (prices: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(prices).map(([name, price]) => [name, price * factor]));
  const { onDemand, spot } = catalogue;
  return {
    ...catalogue,
    ...(onDemand && { onDemand: { ...onDemand, usdPerHour: times(onDemand.usdPerHour) } }),
    ...(spot && {
      spot: {
        ...spot,
        usdPerHour: Object.fromEntries(Object.entries(spot.usdPerHour).map(([type, zones]) => [type, times(zones)])),
      },
    }),
  };
}

describe('what is offered', () => {
  it('fits, is allowed, and has a price of its own zone and market', () => {
    fc.assert(
      fc.property(anyRequirements, anyCatalogue, anyLimits, (requirements, catalogue, limits) => {
        const isAllowed = typeAllowance(limits.types);
        for (const { shape, zone, market, usdPerHour, usableMemoryBytes, price } of offersFor(
          requirements,
          catalogue,
          limits,
        )) {
          expect(shape.cpus).toBeGreaterThanOrEqual(requirements.cpus);
          expect(usableMemoryBytes).toBe(Math.floor(shape.memoryBytes * 0.925));
          expect(usableMemoryBytes).toBeGreaterThanOrEqual(requirements.memoryBytes);
          expect(isAllowed(shape)).toBe(true);
          expect(limits.archs).toContain(shape.arch);
          expect(limits.markets).toContain(market);
          expect(shape.markets).toContain(market);
          expect(usdPerHour).toBe(price.usdPerHour);
          expect(usdPerHour).toBeLessThanOrEqual(limits.maxUsdPerHour ?? Number.POSITIVE_INFINITY);
          if (limits.zones) expect(limits.zones).toContain(zone);
          if (catalogue.zones) expect(catalogue.zones[shape.type]).toContain(zone);
          const wanted =
            market === 'spot' && catalogue.spot
              ? catalogue.spot.usdPerHour[shape.type]?.[zone]
              : catalogue.onDemand?.usdPerHour[shape.type];
          expect(usdPerHour).toBe(wanted);
        }
      }),
      runs,
    );
  });

  it('comes the cheapest first, in one order however the catalogue lists it', () => {
    fc.assert(
      fc.property(anyRequirements, anyCatalogue, anyLimits, (requirements, catalogue, limits) => {
        const offers = offersFor(requirements, catalogue, limits);
        const prices = offers.map(({ usdPerHour }) => usdPerHour);
        expect(prices).toEqual(prices.toSorted((a, b) => a - b));
        const reversed = { ...catalogue, shapes: catalogue.shapes.toReversed() };
        expect(offersFor(requirements, reversed, limits)).toEqual(offers);
      }),
      runs,
    );
  });

  it('gets fewer by a price ceiling, and nothing else', () => {
    fc.assert(
      fc.property(anyRequirements, anyCatalogue, anyLimits, fc.nat(30), (requirements, catalogue, limits, most) => {
        const { maxUsdPerHour: _, ...free } = limits;
        expect(offersFor(requirements, catalogue, { ...free, maxUsdPerHour: most })).toEqual(
          offersFor(requirements, catalogue, free).filter(({ usdPerHour }) => usdPerHour <= most),
        );
      }),
      runs,
    );
  });

  it('keeps its order when all prices grow alike', () => {
    fc.assert(
      fc.property(
        anyRequirements,
        anyCatalogue,
        anyLimits,
        fc.constantFrom(0.25, 2, 1024),
        (requirements, catalogue, { maxUsdPerHour: _, ...limits }, factor) => {
          const names = (of: Catalogue) => offersFor(requirements, of, limits).map(nameOf);
          expect(names(scaled(catalogue, factor))).toEqual(names(catalogue));
        },
      ),
      runs,
    );
  });

  it('is offered or rejected, never both and never neither', () => {
    fc.assert(
      fc.property(anyRequirements, anyCatalogue, anyLimits, (requirements, catalogue, limits) => {
        const offered = new Set(offersFor(requirements, catalogue, limits).map(({ shape }) => shape.type));
        const rejected = rejectedOffers(requirements, catalogue, limits).map(({ shape }) => shape.type);
        expect([...offered, ...rejected].sort()).toEqual(catalogue.shapes.map(({ type }) => type).sort());
      }),
      runs,
    );
  });
});

describe('the compiled catalogue', () => {
  const catalogue = compiledCatalogue('us-east-1');
  const limits = { archs: ['x64'], markets: ['on-demand'] } as const;

  it('offers the cheapest terabyte that can be used', () => {
    const offers = offersFor({ cpus: 64, memoryBytes: 900 * gib }, catalogue, limits);
    expect(offers.slice(0, 3).map(({ shape, zone, usdPerHour }) => [shape.type, zone, usdPerHour])).toEqual([
      ['x2idn.16xlarge', 'us-east-1', 6.669],
      ['x8i.16xlarge', 'us-east-1', 7.00256],
      ['r6a.32xlarge', 'us-east-1', 7.2576],
    ]);
  });

  it('knows that a whole terabyte does not fit in one', () => {
    const [first] = offersFor({ cpus: 1, memoryBytes: 1024 * gib }, catalogue, { ...limits, types: ['r6a.*'] });
    expect(first?.shape.type).toBe('r6a.48xlarge');
    const seen = { 'r6a.32xlarge': 1024 * gib };
    const [observed] = offersFor({ cpus: 1, memoryBytes: 1024 * gib }, catalogue, {
      ...limits,
      types: ['r6a.*'],
      observedMemoryBytes: seen,
    });
    expect(observed).toMatchObject({ shape: { type: 'r6a.32xlarge' }, usableMemoryBytes: 1024 * gib });
  });

  it('takes arm and burstable shapes where they are asked for', () => {
    const tiny = { cpus: 1, memoryBytes: gib / 2 };
    expect(offersFor(tiny, catalogue, limits)[0]?.shape.type).toBe('c6a.large');
    expect(offersFor(tiny, catalogue, { ...limits, types: ['t3.*'] })[0]?.shape.type).toBe('t3.micro');
    expect(offersFor(tiny, catalogue, { ...limits, archs: ['arm64'] })[0]?.shape.type).toBe('c6g.large');
  });

  it('offers the wanted zones, and spot before on-demand at the price that bounds it', () => {
    const offers = offersFor({ cpus: 2, memoryBytes: gib }, catalogue, {
      archs: ['x64'],
      markets: ['spot', 'on-demand'],
      types: ['m6i.large'],
      zones: ['us-east-1b', 'us-east-1a'],
    });
    expect(offers.map(nameOf)).toEqual([
      'm6i.large us-east-1a spot',
      'm6i.large us-east-1b spot',
      'm6i.large us-east-1a on-demand',
      'm6i.large us-east-1b on-demand',
    ]);
    expect(offers.map(({ price }) => price.source)).toEqual([
      'on-demand price',
      'on-demand price',
      'compiled table',
      'compiled table',
    ]);
  });

  it('says why a shape is not offered', () => {
    const why = (type: string, requirements: object = {}, more: object = {}) => {
      const asked = { cpus: 128, memoryBytes: 900 * gib, ...requirements };
      const found = rejectedOffers(asked, catalogue, { ...limits, ...more }).find(({ shape }) => shape.type === type);
      return found && [found.reason, found.explanation];
    };
    expect(why('r6a.32xlarge')).toBeUndefined();
    expect(why('x2idn.16xlarge')).toEqual(['OVER_CPUS', 'it has 64 cpus; 128 are needed']);
    expect(why('m6a.32xlarge')).toEqual(['OVER_MEMORY', '473.6GiB of its memory can be used; 900GiB are needed']);
    expect(why('r6a.32xlarge', { diskBytes: 32 * 2 ** 40 })).toEqual([
      'OVER_DISK',
      'it can have 16TiB of disk; 32TiB are needed',
    ]);
    expect(why('r6a.32xlarge', {}, { maxUsdPerHour: 7 })).toEqual([
      'OVER_BUDGET',
      'it costs $7.2576 an hour; at most $7 are allowed',
    ]);
    expect(why('r6a.32xlarge', {}, { types: ['r6i.*'] })?.[0]).toBe('NOT_CONFIGURED');
    expect(why('r8g.48xlarge')).toEqual(['NOT_CONFIGURED', 'it is arm64; allowed: x64']);
    expect(why('u7i-6tb.112xlarge', {}, { markets: ['spot'] })).toEqual(['NOT_CONFIGURED', "it can't be had as spot"]);
  });
});

describe('patterns of types', () => {
  const allows = (patterns: string[] | undefined, part: Parameters<typeof shapeOf>[0]) =>
    typeAllowance(patterns)(shapeOf(part));

  it('match whole names, with nothing special but the star', () => {
    expect(allows(['m6i.*'], { type: 'm6i.large' })).toBe(true);
    expect(allows(['m6i.*'], { type: 'm6ixlarge' })).toBe(false);
    expect(allows(['m6i.l'], { type: 'm6i.large' })).toBe(false);
    expect(allows(['*.large', 'u7i-6tb.*'], { type: 'u7i-6tb.112xlarge' })).toBe(true);
    expect(allows([], { type: 'm6i.large' })).toBe(false);
  });

  it.each([
    ['burstable', { type: 't3.micro', isBurstable: true }, 't3.*'],
    ['accelerated', { type: 'g5.xlarge', hasGpu: true }, 'g5.xlarge'],
    ['previous-generation', { type: 'm4.large', isCurrentGeneration: false }, 'm4.*'],
    ['bare-metal', { type: 'm6i.metal', isMetal: true }, '*.metal*'],
  ])('must name what is %s', (_, part, name) => {
    expect([undefined, ['*'], [`${part.type[0]}*`], [name]].map(of => allows(of, part))).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });

  it('that name a family do not name its metal', () => {
    expect(allows(['m6i.*'], { type: 'm6i.metal', isMetal: true })).toBe(false);
  });
});
