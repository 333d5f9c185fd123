import fc from 'fast-check';
import type { Catalogue } from './compiled-catalogue.js';
import type { Ec2Shape } from './ec2-shape.js';
import type { OfferLimits } from './offers.js';

const gib = 2 ** 30;
const markets = ['on-demand', 'spot'] as const;
const zones = ['us-east-1a', 'us-east-1b', 'us-east-1c'] as const;
const families = ['m6i', 'r6a', 'x8g', 't3', 'g5', 'u7i-6tb', 'odd1'] as const;

/** A plain shape of x64, of which a test says what it cares for. */
export function shapeOf(part: Partial<Ec2Shape> & Pick<Ec2Shape, 'type'>): Ec2Shape {
  return {
    cpus: 2,
    memoryBytes: 8 * gib,
    arch: 'x64',
    localDiskBytes: 0,
    isBurstable: false,
    isMetal: false,
    hasGpu: false,
    isCurrentGeneration: true,
    markets,
    ...part,
  };
}

/** An async iterable of these pages. */
export async function* pagesOf<T>(...pages: readonly T[]): AsyncGenerator<T> {
  yield* pages;
}

const seldom = fc.integer({ min: 0, max: 9 }).map(of => of === 9);
const someZones = fc.subarray([...zones], { minLength: 1 });

const shape: fc.Arbitrary<Ec2Shape> = fc
  .record({
    family: fc.constantFrom(...families),
    size: fc.constantFrom('large', 'xlarge', '2xlarge', '8xlarge', '16xlarge', '32xlarge', 'metal'),
    cpus: fc.constantFrom(2, 32, 64, 128),
    memoryGib: fc.constantFrom(8, 256, 512, 1024),
    arch: fc.constantFrom('x64' as const, 'arm64' as const),
    isBurstable: seldom,
    hasGpu: seldom,
    isCurrentGeneration: seldom.map(is => !is),
    markets: fc.oneof({ weight: 4, arbitrary: fc.constant(markets) }, fc.subarray([...markets])),
  })
  .map(({ family, size, memoryGib, ...rest }) =>
    shapeOf({ type: `${family}.${size}`, memoryBytes: memoryGib * gib, isMetal: size === 'metal', ...rest }),
  );

/** Sixteenths of a dollar: sums and powers of two of them are exact. */
const usd = fc.integer({ min: 16, max: 160 }).map(sixteenths => sixteenths / 16);

/** Any small catalogue, with and without what AWS may not let one read. */
export const anyCatalogue: fc.Arbitrary<Catalogue> = fc
  .uniqueArray(shape, { selector: ({ type }) => type, minLength: 1, maxLength: 15 })
  .chain(shapes => {
    const types = shapes.map(({ type }) => type);
    const byType = <T>(value: fc.Arbitrary<T>) =>
      fc.tuple(...types.map(() => value)).map(values => Object.fromEntries(types.map((type, i) => [type, values[i]!])));
    const spotZones = fc.dictionary(fc.constantFrom(...zones), usd, { noNullPrototype: true });
    return fc.record(
      {
        region: fc.constant('us-east-1'),
        shapes: fc.constant(shapes),
        notes: fc.constant([]),
        onDemand: fc.record({ at: fc.constant(1), usdPerHour: byType(usd) }),
        zones: byType(fc.oneof({ weight: 4, arbitrary: someZones }, fc.constant([]))),
        spot: fc.record({ at: fc.constant(1), usdPerHour: byType(spotZones) }),
      },
      { requiredKeys: ['region', 'shapes', 'notes', 'onDemand'] },
    );
  });

export const anyLimits: fc.Arbitrary<OfferLimits> = fc.record(
  {
    archs: fc.subarray(['x64' as const, 'arm64' as const], { minLength: 1 }),
    markets: fc.shuffledSubarray([...markets], { minLength: 1 }),
    types: fc.oneof(
      fc.subarray(['t3.*', '*.metal', 'g5.xlarge']).map(more => ['*', ...more]),
      fc.subarray(['m6i.*', 'r*', '*.large', 't3.*'], { minLength: 1 }),
    ),
    maxUsdPerHour: fc.integer({ min: 2, max: 10 }),
    zones: someZones,
  },
  { requiredKeys: ['archs', 'markets'] },
);

export const anyRequirements = fc.record({
  cpus: fc.constantFrom(1, 2, 16, 64),
  memoryBytes: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(gib, 7 * gib, 100 * gib) },
    fc.integer({ min: 1, max: 1000 * gib }),
  ),
});
