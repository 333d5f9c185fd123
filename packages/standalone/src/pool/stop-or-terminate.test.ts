import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type StopFacts, stopOrTerminate } from './stop-or-terminate.js';

const hourMs = 3_600_000;
const facts: StopFacts = {
  market: 'on-demand',
  usdPerHour: 8,
  startMs: 180_000,
  restartMs: 60_000,
  diskBytes: 64 * 2 ** 30,
  usdPerGibMonth: 0.08,
  hasLocalData: false,
  leftMs: 20 * hourMs,
  idleForMs: 180_000,
};

describe('after the idle tail', () => {
  it('a machine stops while its disks cost less than the quicker start saves', () => {
    const decision = stopOrTerminate({ ...facts, leftMs: 1_000 * hourMs });
    expect(decision.do).toBe('stop');
    if (decision.do !== 'stop') return;
    expect(decision.forMs / hourMs).toBeCloseTo((8 / 30 / (64 * 0.08)) * 730, 3);
    expect(decision.why).toContain('a start again saves $0.27');
  });

  it.each<[string, Partial<StopFacts>, string]>([
    ['of spot', { market: 'spot' }, 'spot'],
    ['with data on its own disks', { hasLocalData: true }, 'own disks hold data'],
    ['that was never started again', { restartMs: undefined as never }, 'nobody measured'],
    ['that starts no quicker', { restartMs: 180_000 }, 'no less than a new machine'],
    ['whose quick start is within the paid minute', { startMs: 60_000, restartMs: 10_000 }, 'no less'],
    ['close to its end', { leftMs: 15 * 60_000 }, 'its own end is 15 min away'],
    ['with a huge disk', { diskBytes: 2 ** 50 }, 'which its disks cost in'],
    ['to which nobody comes back', { gapsMs: Array(8).fill(1_000 * hourMs) }, 'more than they save'],
  ])('one %s ends', (_, change, why) => {
    expect(stopOrTerminate({ ...facts, ...change })).toEqual({ do: 'terminate', why: expect.stringContaining(why) });
  });

  it('one to which somebody comes back stops', () => {
    expect(stopOrTerminate({ ...facts, gapsMs: Array(8).fill(hourMs) })).toMatchObject({ do: 'stop' });
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
        positive,
        fc.nat(48 * hourMs),
        (usd, start, restart, gib, price, left) => {
          const one = {
            ...facts,
            usdPerHour: usd,
            startMs: start,
            restartMs: restart,
            diskBytes: gib * 2 ** 30,
            usdPerGibMonth: price,
            leftMs: left,
          };
          const decision = stopOrTerminate(one);
          if (decision.do === 'terminate') return;
          const savedUsd = ((Math.max(start, 60_000) - Math.max(restart, 60_000)) / hourMs) * usd;
          const diskUsd = (decision.forMs / hourMs / 730) * gib * price;
          expect(diskUsd).toBeLessThanOrEqual(savedUsd * 1.000001);
          expect(decision.forMs).toBeLessThan(left);
        },
      ),
    );
  });
});
