import type { JobRequest } from '@megalith/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jobRequest } from '../backend/job-request.fixture.js';
import { compiledCatalogue } from '../providers/ec2/compiled-catalogue.js';
import { ec2Settings } from '../providers/ec2/ec2-settings.js';
import { ec2Stock } from '../providers/ec2/ec2-stock.js';
import { noUses } from './machine-uses.js';
import { newCandidate, type PoolTerms, sizedOffers } from './new-candidates.js';
import { readPlaceId } from './place-id.js';
import { roomIn, sharesOf } from './shares.js';

const gib = 2 ** 30;
const site = { name: 'ec2 us-east-1', kind: 'cloud', region: 'us-east-1', clearance: 'internal' } as const;
const terms: PoolTerms = { cloud: 'ec2', site, maxLifetimeMs: 86_400_000, usesOf: () => undefined };

function stockOf(types?: readonly string[]) {
  const settings = ec2Settings({ region: 'us-east-1', ...(types === undefined ? {} : { types: [...types] }) }, 'ann');
  return ec2Stock({ catalogue: compiledCatalogue('us-east-1'), machines: [], uses: new Map() }, settings);
}

const candidates = (wanted: JobRequest, types?: readonly string[], slots?: number) =>
  sizedOffers(wanted, stockOf(types), slots).map(each => newCandidate(each, terms));

describe('machines that would be made, as candidates', () => {
  it('are one of each sensible size, from one task at a time to all or the widest machine', () => {
    const found = candidates(
      jobRequest({ taskCount: 20, requirements: { cpus: 1, memoryBytes: 3 * gib, graceMs: 0 } }),
      ['m6i.*'],
    );
    expect(found.map(({ id, slots, usdPerHour }) => [id, slots, usdPerHour])).toEqual([
      ['ec2 us-east-1 m6i.large on-demand', 2, 0.096],
      ['ec2 us-east-1 m6i.xlarge on-demand', 4, 0.192],
      ['ec2 us-east-1 m6i.2xlarge on-demand', 8, 0.384],
      ['ec2 us-east-1 m6i.4xlarge on-demand', 16, 0.768],
      ['ec2 us-east-1 m6i.8xlarge on-demand', 20, 1.536],
    ]);
    const widest = candidates(jobRequest({ taskCount: 5000 }), ['m6i.*']).at(-1);
    expect(widest).toMatchObject({ id: 'ec2 us-east-1 m6i.32xlarge on-demand', slots: 128 });
  });

  it('say what they cost, with the start and the idle tail', () => {
    const [one] = candidates(jobRequest({ taskCount: 1 }), ['m6i.*']);
    expect(one).toMatchObject({
      kind: 'new',
      site,
      slots: 1,
      startMs: 90_000,
      billing: { per: 'hour', usdPerHour: 0.096, minimumMs: 60_000, startMs: 90_000, idleTailMs: 90_000 },
      limits: { timeMs: 86_400_000 - 90_000 },
      description:
        'a machine of ec2 us-east-1: m6i.large, on-demand for $0.096 an hour, the cheapest of 9 types that fit',
    });
    const uses = {
      ...noUses('k', { provider: 'ec2', region: 'us-east-1', image: '', type: 'm6i.large' }),
      startsMs: [40_000],
    };
    const [sized] = sizedOffers(jobRequest(), stockOf(['m6i.*']), undefined);
    expect(newCandidate(sized!, { ...terms, pinnedMs: 1000, usesOf: () => uses })).toMatchObject({
      startMs: 40_000,
      billing: { startMs: 40_000, idleTailMs: 1000 },
    });
  });

  it('are as many as it takes where the number of tasks at once was given', () => {
    expect(candidates(jobRequest({ taskCount: 900 }), ['m6i.*'], 300)).toMatchObject([
      { id: 'ec2 us-east-1 3 x m6i.32xlarge on-demand', slots: 300, usdPerHour: 3 * 6.144 },
    ]);
    expect(candidates(jobRequest({ taskCount: 900, wants: ['detach'] }), ['m6i.*'], 300)).toMatchObject([
      { id: 'ec2 us-east-1 m6i.32xlarge on-demand', slots: 128 },
    ]);
  });

  it('are the largest that there are where more is wished for, and none where one task is too large', () => {
    expect(candidates(jobRequest({ taskCount: 64 }), ['m6i.xlarge'])).toMatchObject([{ slots: 4 }]);
    expect(candidates(jobRequest({ taskCount: 64 }), ['m6i.xlarge'], 64)).toMatchObject([{ slots: 4 }]);
    const large = jobRequest({ requirements: { cpus: 1, memoryBytes: 64 * gib, graceMs: 0 } });
    expect(() => candidates(large, ['m6i.xlarge'])).toThrowError(expect.objectContaining({ code: 'OVER_MEMORY' }));
  });

  it('have room for all of their slots, and the machine that is asked for when one was chosen has no more', () => {
    const size = fc.record({
      cpus: fc.integer({ min: 1, max: 32 }),
      memoryBytes: fc.integer({ min: 1, max: 200 * gib }),
    });
    const stock = stockOf();
    fc.assert(
      fc.property(
        size,
        fc.option(fc.integer({ min: 1, max: 500 }), { nil: undefined }),
        fc.option(fc.integer({ min: 1, max: 400 }), { nil: undefined }),
        (requirements, taskCount, slots) => {
          const wanted = jobRequest({
            requirements: { ...requirements, graceMs: 0 },
            ...(taskCount === undefined ? {} : { taskCount }),
          });
          const found = sizedOffers(wanted, stock, slots).map(each => newCandidate(each, terms));
          expect(found.length).toBeGreaterThan(0);
          expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
          for (const place of found) {
            const shares = sharesOf(wanted, place);
            expect(shares.reduce((sum, tasks) => sum + tasks, 0)).toBe(place.slots);
            expect(Math.max(...shares)).toBeLessThanOrEqual(roomIn(place, wanted));
            const [again] = stock.offers({
              cpus: requirements.cpus * shares[0]!,
              memoryBytes: requirements.memoryBytes * shares[0]!,
            });
            expect(again!.usdPerHour * shares.length).toBeLessThanOrEqual(place.usdPerHour * (1 + 1e-9));
            expect(readPlaceId(place.id)).toMatchObject({
              how: 'new',
              type: expect.any(String),
              machines: shares.length,
            });
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('get no more tasks than they have room for, where tasks ask for more by then', () => {
    const [, , place] = candidates(jobRequest({ taskCount: 8 }), ['m6i.*']);
    expect([place!.slots, ...sharesOf(jobRequest(), place!)]).toEqual([8, 8]);
    const grown = { cpus: 1, memoryBytes: 20 * gib, graceMs: 0 };
    expect(sharesOf(jobRequest({ requirements: grown }), place!)).toEqual([1]);
  });
});
