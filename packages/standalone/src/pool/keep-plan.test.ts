import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KeepFacts, keepPlan } from './keep-plan.js';
import { noUses } from './machine-uses.js';

const hourMs = 3_600_000;
const uses = {
  ...noUses('k', { provider: 'ec2', region: 'r', image: 'ami-1', type: 't' }),
  startsMs: [170_000, 180_000, 200_000],
  restartsMs: [70_000],
};
const facts: KeepFacts = {
  market: 'on-demand',
  usdPerHour: 8,
  diskUsdPerHour: 0.007,
  hasLocalDisks: false,
  leftMs: 20 * hourMs,
  uses,
  whenIdle: 'terminate',
};
const back = { ...uses, past: { gapsMs: Array<number>(8).fill(2 * hourMs), spareMs: 0 } };

describe('a machine without work', () => {
  it('stays for as long as a new start took, and it is said how that is known', () => {
    expect(keepPlan(facts)).toEqual({
      idleTailMs: 180_000,
      why: 'a new start is billed 3 min ($0.40), and idling as long costs the same (the median of 3 that were measured)',
      atEnd: 'terminate',
    });
    const { why, idleTailMs } = keepPlan({ ...facts, uses: undefined });
    expect(idleTailMs).toBe(90_000);
    expect(why).toContain('(90 s is a guess: none was measured yet)');
    expect(keepPlan({ ...facts, uses: { ...uses, startsMs: [80_000] } }).why).toContain('(as it was measured once)');
  });

  it('stays for as long as the user says', () => {
    expect(keepPlan({ ...facts, pinnedMs: 5000 })).toMatchObject({
      idleTailMs: 5000,
      why: 'the configuration says 5 s ($0.011)',
    });
    expect(keepPlan({ ...facts, whenIdle: 'stop', pinnedMs: 5000 })).toMatchObject({ idleTailMs: 5000, atEnd: 'stop' });
  });

  it('is stopped where the user says so, and sooner than it would have been terminated', () => {
    expect(keepPlan({ ...facts, whenIdle: 'stop' })).toEqual({
      idleTailMs: 70_000,
      why: 'a start again is billed 70 s ($0.16), and idling as long costs the same (as it was measured once)',
      atEnd: 'stop',
      stoppedForMs: 12 * hourMs,
      whyEnd: 'the configuration says so',
    });
  });

  it('is stopped where its past says that this pays, and only if that is left to us', () => {
    expect(keepPlan({ ...facts, uses: back, whenIdle: 'auto' })).toMatchObject({ idleTailMs: 70_000, atEnd: 'stop' });
    expect(keepPlan({ ...facts, uses: back })).toMatchObject({ idleTailMs: 180_000, atEnd: 'terminate' });
    expect(keepPlan({ ...facts, whenIdle: 'auto' })).toMatchObject({
      idleTailMs: 180_000,
      atEnd: 'terminate',
      whyEnd: expect.stringContaining('nothing says that a job comes back'),
    });
  });

  it('never stops on spot, with disks of its own, or near or without its end, and always ends before that', () => {
    fc.assert(
      fc.property(
        fc.record({
          market: fc.constantFrom('on-demand', 'spot' as const),
          usdPerHour: fc.double({ min: 0, max: 100, noNaN: true }),
          diskUsdPerHour: fc.double({ min: 0, max: 1, noNaN: true }),
          hasLocalDisks: fc.boolean(),
          leftMs: fc.integer({ min: -hourMs, max: 30 * hourMs }),
          whenIdle: fc.constantFrom('terminate', 'stop', 'auto' as const),
          pinnedMs: fc.option(fc.nat(20 * hourMs), { nil: undefined }),
          uses: fc.constantFrom(undefined, uses, back),
        }),
        one => {
          const plan = keepPlan(one);
          expect(plan.idleTailMs).toBeGreaterThanOrEqual(0);
          if (plan.atEnd === 'terminate') {
            expect(plan.stoppedForMs).toBeUndefined();
            return;
          }
          expect(one).toMatchObject({ market: 'on-demand', hasLocalDisks: false });
          expect(one.whenIdle).not.toBe('terminate');
          expect(plan.idleTailMs + plan.stoppedForMs!).toBeLessThan(one.leftMs);
        },
      ),
    );
  });
});
