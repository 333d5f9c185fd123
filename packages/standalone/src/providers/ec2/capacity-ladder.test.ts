import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCapacityCode, learnFrom, type OverrideError, type Rung, rungsOf, withoutScarce } from './capacity-ladder.js';
import { anyCatalogue, anyLimits } from './catalogue.fixture.js';
import { compiledCatalogue } from './compiled-catalogue.js';
import { type Ec2Offer, offersFor } from './offers.js';
import { isScarce, type ScarceMemory, scarceMs } from './scarce.js';

const gib = 2 ** 30;
const start = Date.UTC(2026, 10, 21);
const tripleOf = ({ market, shape, zone }: Ec2Offer) => ({ market, type: shape.type, zone });
const keyOf = (offer: Ec2Offer) => Object.values(tripleOf(offer)).join(' ');

const small = { cpus: 1, memoryBytes: gib };
const anyOffers = fc
  .tuple(anyCatalogue, anyLimits)
  .map(([catalogue, limits]) => ({ limits, offers: offersFor(small, catalogue, limits) }))
  .filter(({ offers }) => offers.length > 0);

const anyMemory: fc.Arbitrary<ScarceMemory> = fc.dictionary(
  fc.constantFrom('spot:*:*', 'on-demand:*:us-east-1a', 'spot:L-34B43A08:*', 'on-demand:m6i.large:us-east-1b'),
  fc.integer({ min: start - 2 * scarceMs, max: start }),
  { noNullPrototype: true },
);

const capacityCodes = [
  'InsufficientInstanceCapacity',
  'UnfulfillableCapacity',
  'InsufficientFreeAddressesInSubnet',
  'Unsupported',
  'InsufficientHostCapacity',
  'ReservationCapacityExceeded',
  'VcpuLimitExceeded',
  'MaxSpotInstanceCountExceeded',
  'MaxFleetCountExceeded',
];

/** What a fleet may answer: about each of the rung's offers by turns, or in general, or about nothing. */
const anyAnswer = fc.record({
  codes: fc.array(fc.constantFrom(...capacityCodes, 'RequestLimitExceeded'), { minLength: 1, maxLength: 20 }),
  names: fc.boolean(),
  tookMs: fc.nat(scarceMs),
});

function errorsOf(rung: Rung, { codes, names }: { codes: string[]; names: boolean }): OverrideError[] {
  return codes.map((code, i) => {
    const { shape, zone } = rung.offers[i % rung.offers.length]!;
    return names ? { code, type: shape.type, zone } : { code };
  });
}

describe('each rung', () => {
  it('asks only for what was offered and is not scarce, each once, in the order of the markets', () => {
    fc.assert(
      fc.property(anyOffers, anyMemory, ({ offers, limits }, memory) => {
        const rungs = rungsOf(offers, memory, limits, start);
        const asked = rungs.flatMap(rung => rung.offers);
        expect(new Set(asked.map(keyOf)).size).toBe(asked.length);
        for (const offer of asked) {
          expect(offers).toContain(offer);
          expect(isScarce(memory, tripleOf(offer), start)).toBe(false);
        }
        const order = rungs.map(({ market }) => limits.markets.indexOf(market));
        expect(order).toEqual(order.toSorted((a, b) => a - b));
      }),
    );
  });

  it('is of one market and architecture, within its band and of few types', () => {
    const settings = { band: 1.25, maxTypes: 2 };
    fc.assert(
      fc.property(anyOffers, ({ offers, limits }) => {
        for (const { market, offers: asked } of rungsOf(offers, {}, { ...limits, ...settings }, start)) {
          expect(asked.length).toBeGreaterThan(0);
          expect(new Set(asked.map(({ shape }) => shape.arch)).size).toBe(1);
          expect(new Set(asked.map(({ shape }) => shape.type)).size).toBeLessThanOrEqual(2);
          for (const offer of asked) {
            expect(offer.market).toBe(market);
            expect(offer.usdPerHour).toBeLessThanOrEqual(asked[0]!.usdPerHour * 1.25);
          }
        }
      }),
    );
  });

  it('is there for every offer within reach', () => {
    fc.assert(
      fc.property(anyOffers, ({ offers, limits }) => {
        const asked = rungsOf(offers, {}, limits, start).flatMap(rung => rung.offers);
        const reachable = limits.markets.flatMap(market => {
          const of = offers.filter(offer => offer.market === market);
          return of.filter(({ usdPerHour }) => usdPerHour <= of[0]!.usdPerHour * 4);
        });
        expect(asked.map(keyOf).sort()).toEqual(reachable.map(keyOf).sort());
      }),
    );
  });
});

describe('a climb', () => {
  it('ends, never asks again for what was refused within three minutes, and reaches on-demand', () => {
    fc.assert(
      fc.property(anyOffers, fc.array(anyAnswer, { minLength: 1 }), ({ offers, limits }, answers) => {
        const refusedAt = new Map<string, number>();
        const asked: Ec2Offer[] = [];
        let memory: ScarceMemory = {};
        let now = start;
        let calls = 0;
        for (const rung of rungsOf(offers, memory, limits, now)) {
          const worth = withoutScarce(rung, memory, now);
          if (worth === undefined) continue;
          for (const offer of worth.offers) {
            asked.push(offer);
            expect(isScarce(memory, tripleOf(offer), now)).toBe(false);
            expect(now - (refusedAt.get(keyOf(offer)) ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(scarceMs);
          }
          const answer = answers[calls++ % answers.length]!;
          now += answer.tookMs;
          const errors = errorsOf(worth, answer);
          memory = learnFrom(memory, worth, errors, now).memory;
          for (const { type, zone } of errors.filter(({ type, code }) => type && isCapacityCode(code))) {
            refusedAt.set(`${rung.market} ${type} ${zone}`, now);
          }
        }
        expect(calls).toBeLessThanOrEqual(offers.length);
        // Only what the cloud said of on-demand, or of all of a zone, keeps a climb from it.
        const firstOnDemand = offers.find(({ market }) => market === 'on-demand');
        const saysOnlySpot = answers.every(({ codes }) => !codes.includes('InsufficientFreeAddressesInSubnet'));
        if (firstOnDemand && saysOnlySpot) expect(asked.map(({ market }) => market)).toContain('on-demand');
      }),
    );
  });

  it('hands back the errors that no other rung is an answer to', () => {
    const offers = offersFor(small, compiledCatalogue('us-east-1'), {
      archs: ['x64'],
      markets: ['on-demand'],
    });
    const [rung] = rungsOf(offers, {}, { markets: ['on-demand'] }, start);
    const unasked = { code: 'UnfulfillableCapacity', type: 'z1d.large' };
    const errors = [
      unasked,
      { code: 'InsufficientInstanceCapacity', type: 'c6a.large' },
      { code: 'InvalidParameterValue' },
    ];
    const { memory, others } = learnFrom({}, rung!, errors, start);
    expect(others).toEqual([{ code: 'InvalidParameterValue' }]);
    expect(memory).toEqual({ 'on-demand:c6a.large:us-east-1': start });
  });

  it.each(capacityCodes)('leaves what it was refused by %s', code => {
    fc.assert(
      fc.property(anyOffers, ({ offers, limits }) => {
        const rungs = rungsOf(offers, {}, limits, start);
        const { memory, others } = learnFrom({}, rungs[0]!, [{ code }], start);
        expect([isCapacityCode(code), others]).toEqual([true, []]);
        expect(withoutScarce(rungs[0]!, memory, start + scarceMs - 1)).toBeUndefined();
        expect(withoutScarce(rungs[0]!, memory, start + scarceMs)).toEqual(rungs[0]);
      }),
    );
  });

  it('learns from each code how much is scarce', () => {
    const offers = offersFor(small, compiledCatalogue('us-east-1'), {
      archs: ['x64'],
      markets: ['spot'],
      types: ['m6i.large', 'c6i.large'],
      zones: ['us-east-1a', 'us-east-1b'],
    });
    const [rung] = rungsOf(offers, {}, { markets: ['spot'] }, start);
    const learnt = (error: OverrideError) => Object.keys(learnFrom({}, rung!, [error], start).memory).sort();
    const m6i = { type: 'm6i.large', zone: 'us-east-1a' };
    expect(learnt({ code: 'InsufficientInstanceCapacity', ...m6i })).toEqual(['spot:m6i.large:us-east-1a']);
    expect(learnt({ code: 'Unsupported', zone: 'us-east-1a' })).toEqual([
      'spot:c6i.large:us-east-1a',
      'spot:m6i.large:us-east-1a',
    ]);
    expect(learnt({ code: 'InsufficientFreeAddressesInSubnet', ...m6i })).toEqual([
      'on-demand:*:us-east-1a',
      'spot:*:us-east-1a',
    ]);
    expect(learnt({ code: 'MaxSpotInstanceCountExceeded', ...m6i })).toEqual(['spot:L-34B43A08:*']);
    expect(learnt({ code: 'VcpuLimitExceeded' })).toEqual(['spot:L-34B43A08:*']);
    expect(learnt({ code: 'MaxFleetCountExceeded' })).toEqual(['spot:*:*']);
  });
});

describe('the ladder of a terabyte', () => {
  const offers = offersFor({ cpus: 64, memoryBytes: 900 * gib }, compiledCatalogue('us-east-1'), {
    archs: ['x64', 'arm64'],
    markets: ['spot', 'on-demand'],
    zones: ['us-east-1a', 'us-east-1b'],
  });

  it('asks for the shapes of like price in all zones at once, spot before on-demand', () => {
    const rungs = rungsOf(offers, {}, { markets: ['spot', 'on-demand'] }, start);
    expect(rungs.map(({ market, offers: [first] }) => [market, first!.shape.arch, first!.shape.type])).toEqual([
      ['spot', 'arm64', 'x2gd.16xlarge'],
      ['spot', 'x64', 'x2idn.16xlarge'],
      ['spot', 'arm64', 'x8g.24xlarge'],
      ['spot', 'x64', 'x2idn.24xlarge'],
      ['spot', 'x64', 'r8id.48xlarge'],
      ['spot', 'arm64', 'i8g.48xlarge'],
      ['on-demand', 'arm64', 'x2gd.16xlarge'],
      ['on-demand', 'x64', 'x2idn.16xlarge'],
      ['on-demand', 'arm64', 'x8g.24xlarge'],
      ['on-demand', 'x64', 'x2idn.24xlarge'],
      ['on-demand', 'x64', 'r8id.48xlarge'],
      ['on-demand', 'arm64', 'i8g.48xlarge'],
    ]);
    expect(rungs[0]!.offers.map(({ shape, zone }) => [shape.type, zone]).slice(0, 3)).toEqual([
      ['x2gd.16xlarge', 'us-east-1a'],
      ['x2gd.16xlarge', 'us-east-1b'],
      ['x8g.16xlarge', 'us-east-1a'],
    ]);
  });

  it('asks for a type in all its zones at once, however few types a call may name', () => {
    const [rung] = rungsOf(offers, {}, { markets: ['spot'], maxTypes: 1 }, start);
    expect(rung!.offers.map(({ shape, zone }) => [shape.type, zone])).toEqual([
      ['x2gd.16xlarge', 'us-east-1a'],
      ['x2gd.16xlarge', 'us-east-1b'],
    ]);
  });

  it('stops at four times the cheapest', () => {
    const dearest = Math.max(
      ...rungsOf(offers, {}, { markets: ['on-demand'] }, start).flatMap(rung => rung.offers.map(of => of.usdPerHour)),
    );
    expect(dearest).toBeLessThanOrEqual(4 * 5.344);
    expect(dearest).toBeGreaterThan(20);
  });
});
