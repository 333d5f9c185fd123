import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type StopFacts, stopOrTerminate } from './stop-or-terminate.js';

const hourMs = 3_600_000;
const facts: StopFacts = {
  market: 'on-demand',
  usdPerHour: 8,
  startMs: 180_000,
  restartMs: 60_000,
  diskUsdPerHour: (64 * 0.08) / 730,
  hasLocalDisks: false,
  leftMs: 20 * hourMs,
  idleForMs: 180_000,
  gapsMs: Array(8).fill(hourMs),
};
const days = 24 * hourMs;

describe('after the idle tail', () => {
  it('a machine stops while its disks cost less than the quicker start saves', () => {
    const decision = stopOrTerminate({ ...facts, diskUsdPerHour: 0.07, leftMs: 40 * days });
    expect(decision.do).toBe('stop');
    if (decision.do !== 'stop') return;
    expect(decision.forMs / hourMs).toBeCloseTo(8 / 30 / 0.07, 3);
    expect(decision.why).toContain('a start again saves $0.27');
  });

  it.each<[string, Partial<StopFacts>, string]>([
    ['of spot', { market: 'spot' }, 'spot'],
    ['with disks of its own', { hasLocalDisks: true }, 'disks of its own'],
    ['to which too few jobs came back so far', { gapsMs: Array(4).fill(hourMs) }, '4 such rests are known, of 5'],
    ['to which jobs came back while it was idle', { gapsMs: Array(9).fill(60_000) }, '0 such rests are known'],
    ['that starts no quicker', { restartMs: 180_000 }, 'no less than a new machine'],
    ['whose quick start is within the paid minute', { startMs: 60_000, restartMs: 10_000 }, 'no less'],
    ['close to its end', { leftMs: 15 * 60_000 }, 'its own end is 15 min away'],
    ['with a huge disk', { diskUsdPerHour: 100 }, 'which its disks cost in'],
    ['to which nobody comes back', { gapsMs: Array(8).fill(1_000 * hourMs) }, 'more than they save'],
  ])('one %s ends', (_, change, why) => {
    expect(stopOrTerminate({ ...facts, ...change })).toEqual({ do: 'terminate', why: expect.stringContaining(why) });
  });

  it('one that is wanted stopped is, where it can be, for half a day at most', () => {
    const wanted = { ...facts, gapsMs: [], restartMs: 180_000, isWanted: true };
    expect(stopOrTerminate(wanted)).toMatchObject({ do: 'stop', forMs: 12 * hourMs });
    expect(stopOrTerminate({ ...wanted, leftMs: hourMs })).toMatchObject({ do: 'stop', forMs: hourMs * (5 / 6) });
    for (const change of [{ market: 'spot' as const }, { hasLocalDisks: true }, { leftMs: 15 * 60_000 }]) {
      expect(stopOrTerminate({ ...wanted, ...change }).do).toBe('terminate');
    }
  });

  it('waiting may be worth something', () => {
    const quick = { ...facts, startMs: 50_000, restartMs: 20_000 };
    expect(stopOrTerminate(quick).do).toBe('terminate');
    expect(stopOrTerminate({ ...quick, waitingUsdPerHour: 60 }).do).toBe('stop');
  });

  it('a stopped machine never loses more than it could win, nor outlives its end', () => {
    const positive = fc.double({ min: 0.01, max: 100, noNaN: true });
    fc.assert(
      fc.property(
        positive,
        fc.nat(600_000),
        fc.nat(600_000),
        positive,
        fc.array(fc.nat(6 * hourMs), { minLength: 5 }),
        fc.nat(48 * hourMs),
        (usd, start, restart, diskUsdPerHour, gapsMs, left) => {
          const one = {
            ...facts,
            usdPerHour: usd,
            startMs: start,
            restartMs: restart,
            diskUsdPerHour,
            gapsMs,
            leftMs: left,
          };
          const decision = stopOrTerminate(one);
          if (decision.do === 'terminate') return;
          const savedUsd = ((Math.max(start, 60_000) - Math.max(restart, 60_000)) / hourMs) * usd;
          const diskUsd = (decision.forMs / hourMs) * diskUsdPerHour;
          expect(diskUsd).toBeLessThanOrEqual(savedUsd * 1.000001);
          expect(decision.forMs).toBeLessThan(left);
        },
      ),
    );
  });
});
