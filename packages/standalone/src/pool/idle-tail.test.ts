import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idleTail, tailCostMs } from './idle-tail.js';
import { noPastUse, type PastUse, withUse } from './past-use.js';

interface Visit {
  readonly busyMs: number;
  readonly gapMs: number;
}

/** What is billed for one machine's jobs when the future is not known: each start at least the minimum. */
function billed(visits: readonly Visit[], startMs: number, minimumMs: number, learns: boolean): number {
  let sum = 0;
  let span = startMs;
  let past: PastUse = noPastUse;
  for (const { busyMs, gapMs } of visits) {
    const { idleTailMs: tailMs } = idleTail({ usdPerHour: 1, startMs, minimumBilledMs: minimumMs, past });
    span += busyMs + Math.min(gapMs, tailMs);
    if (gapMs > tailMs) {
      sum += Math.max(span, minimumMs);
      span = startMs;
    }
    if (learns) past = withUse(past, { busyMs, gapMs, tailMs }, startMs);
  }
  return sum;
}

/** The least that could have been billed: the best of all ways to cut the jobs into runs. */
function optimum(visits: readonly Visit[], startMs: number, minimumMs: number): number {
  const best = [0];
  for (let end = 1; end <= visits.length; end++) {
    let least = Number.POSITIVE_INFINITY;
    let span = startMs;
    for (let first = end - 1; first >= 0; first--) {
      span += visits[first]!.busyMs + (first === end - 1 ? 0 : visits[first]!.gapMs);
      least = Math.min(least, best[first]! + Math.max(span, minimumMs));
    }
    best.push(least);
  }
  return best[visits.length]!;
}

const startMs = fc.integer({ min: 0, max: 300_000 });
const span = fc.oneof(fc.nat(100), fc.nat(120_000), fc.nat(1_200_000));
const nearly = (at: number) => fc.integer({ min: Math.max(0, at - 2), max: at + 2 });
/** Gaps around the tail are what hurts. */
const cases = startMs.chain(start =>
  fc.tuple(
    fc.constant(start),
    fc.array(
      fc.record({
        busyMs: fc.oneof(fc.constant(0), span),
        gapMs: fc.oneof(span, nearly(start), nearly(60_000), nearly(Math.max(0, 60_000 - start)), nearly(2 * start)),
      }),
      { minLength: 1, maxLength: 60 },
    ),
  ),
);
/** After the last job nobody comes. */
const closed = (visits: readonly Visit[]): Visit[] =>
  visits.map((visit, at) => (at === visits.length - 1 ? { ...visit, gapMs: Number.MAX_SAFE_INTEGER } : visit));

describe('the idle tail', () => {
  it.each([false, true])('costs at most twice the best, whatever comes (learning: %s)', learns => {
    fc.assert(
      fc.property(cases, ([start, visits]) => {
        const all = closed(visits);
        expect(billed(all, start, 60_000, learns)).toBeLessThanOrEqual(2 * optimum(all, start, 60_000));
      }),
      { numRuns: 3_000 },
    );
  });

  it('is as long as a new start, or the rest of the minute that is paid anyway', () => {
    expect(idleTail({ usdPerHour: 8, startMs: 90_000 })).toEqual({
      idleTailMs: 90_000,
      why: 'a new start is billed 90 s ($0.20), and idling as long costs the same',
    });
    expect(idleTail({ usdPerHour: 8, startMs: 20_000 })).toEqual({
      idleTailMs: 40_000,
      why: 'each start is billed for 60 s at least, and starting takes 20 s of it',
    });
  });

  it('is what the user says, where he says it', () => {
    fc.assert(
      fc.property(startMs, fc.nat(), fc.array(span), fc.nat(), (start, pinnedMs, gapsMs, spareMs) => {
        const tail = idleTail({ usdPerHour: 1, startMs: start, pinnedMs, past: { gapsMs, spareMs } });
        expect(tail.idleTailMs).toBe(pinnedMs);
        expect(tail.why).toContain('the configuration says');
      }),
    );
  });

  it('never costs more over the gaps that it learned from than the plain one, and never lasts longer than three starts', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 30_000, max: 300_000 }),
        fc.array(span, { maxLength: 32 }),
        fc.nat(),
        (start, gapsMs, spareMs) => {
          const { idleTailMs } = idleTail({ usdPerHour: 1, startMs: start, past: { gapsMs, spareMs } });
          expect(tailCostMs(gapsMs, idleTailMs, start)).toBeLessThanOrEqual(tailCostMs(gapsMs, start, start));
          expect(idleTailMs).toBeLessThanOrEqual(3 * start);
          expect(Math.abs(idleTailMs - start)).toBeLessThanOrEqual(spareMs);
        },
      ),
    );
  });

  it('learns from gaps that are always long, or always a little too long', () => {
    const past = (gapMs: number): PastUse => ({ gapsMs: Array(8).fill(gapMs), spareMs: 3_600_000 });
    expect(idleTail({ usdPerHour: 1, startMs: 90_000, past: past(3_600_000) })).toEqual({
      idleTailMs: 0,
      why: 'of the last 8 gaps between jobs 0 were no longer than that; a new start costs $0.025',
    });
    expect(idleTail({ usdPerHour: 1, startMs: 90_000, past: past(89_000) }).idleTailMs).toBe(89_000);
    expect(idleTail({ usdPerHour: 1, startMs: 40_000, past: past(3_600_000) }).idleTailMs).toBe(20_000);
  });
});
