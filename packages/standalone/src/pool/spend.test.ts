import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BilledMachine, capProblem, spentBetween, spentTodayUsd, spentUsd } from './spend.js';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const machine = (usdPerHour: number, ...runs: BilledMachine['runs']): BilledMachine => ({ usdPerHour, runs });

describe('what machines have cost', () => {
  it('is their time at their price, and a minute at least for each start', () => {
    const now = 10 * hourMs;
    expect(spentUsd([machine(6, { startedAt: 8 * hourMs })], now)).toBeCloseTo(12);
    expect(spentUsd([machine(6, { startedAt: now })], now)).toBeCloseTo(0.1);
    expect(
      spentUsd([machine(6, { startedAt: 0, endedAt: 1 }, { startedAt: hourMs, endedAt: hourMs + 1 })], now),
    ).toBeCloseTo(0.2);
    expect(spentUsd([machine(6, { startedAt: now + 1 })], now)).toBe(0);
  });

  it('of a day is what falls into it', () => {
    const runs = machine(1, { startedAt: dayMs - hourMs, endedAt: dayMs + 2 * hourMs });
    expect(spentTodayUsd([runs], dayMs + 5 * hourMs)).toBeCloseTo(2);
    expect(spentTodayUsd([runs], dayMs - 1)).toBeCloseTo(1);
    expect(spentTodayUsd([runs], 2 * dayMs)).toBe(0);
  });

  it('adds up over the days', () => {
    const run = fc.record({ startedAt: fc.nat(5 * dayMs), lastsMs: fc.nat(3 * dayMs) });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), run)), some => {
        const machines = some.map(([usd, { startedAt, lastsMs }]) =>
          machine(usd, { startedAt, endedAt: startedAt + lastsMs }),
        );
        const now = 9 * dayMs;
        let sum = 0;
        for (let day = 0; day < 9; day++) sum += spentBetween(machines, day * dayMs, (day + 1) * dayMs, now);
        expect(sum).toBeCloseTo(spentUsd(machines, now), 4);
      }),
    );
  });

  it('stops new machines before the cap of the day is passed', () => {
    expect(capProblem(99, undefined, 8)).toBeUndefined();
    expect(capProblem(92, 100, 8)).toBeUndefined();
    expect(capProblem(92.01, 100, 8)).toContain('$92.01 of $100.00');
  });
});
