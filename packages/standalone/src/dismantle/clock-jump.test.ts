import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hasJumped } from './clock-jump.js';

const before = { host: 'laptop', wallMs: 1_000_000, uptimeMs: 500_000 };
const after = (wallMs: number, uptimeMs: number, host = 'laptop') => ({
  host,
  wallMs: before.wallMs + wallMs,
  uptimeMs: before.uptimeMs + uptimeMs,
});

it('time that passes on both clocks is no jump, sleep included', () => {
  fc.assert(
    fc.property(fc.nat(1e9), fc.integer({ min: -1000, max: 1000 }), (ms, slewMs) => {
      expect(hasJumped(before, after(ms + slewMs, ms), 1000)).toBe(false);
    }),
  );
});

it('a clock that was set is seen, in either direction', () => {
  fc.assert(
    fc.property(fc.nat(1e6), fc.integer({ min: 1001, max: 1e9 }), fc.boolean(), (ms, jumpMs, back) => {
      expect(hasJumped(before, after(ms + (back ? -jumpMs : jumpMs), ms), 1000)).toBe(true);
    }),
  );
});

it('a restart, another computer and a first reading show nothing, but time that goes back', () => {
  expect(hasJumped(before, { ...after(90_000, 0), uptimeMs: 30_000 }, 1000)).toBe(false);
  expect(hasJumped(before, after(90_000, 0, 'desk'), 1000)).toBe(false);
  expect(hasJumped(before, { ...after(-90_000, 0), uptimeMs: 30_000 }, 1000)).toBe(true);
  expect(hasJumped(undefined, before, 1000)).toBe(false);
});
