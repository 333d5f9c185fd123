import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from './duration.js';

describe('parseDuration', () => {
  it.each([
    ['500ms', 500],
    ['90s', 90_000],
    ['15m', 900_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['1h30m', 5_400_000],
    ['1h 30m', 5_400_000],
    ['1.5S', 1500],
    [250, 250],
    [0, 0],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '90', 's', '1 hour', '-5s', '1h-30m', '1y', -1, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses %s and names it',
    text => {
      expect(() => parseDuration(text)).toThrowError(
        expect.objectContaining({ code: 'USAGE', message: `"${text}" is not a duration` }),
      );
    },
  );

  it('adds the parts of a compound', () => {
    fc.assert(
      fc.property(fc.nat(99), fc.nat(99), fc.nat(99), (h, m, s) => {
        expect(parseDuration(`${h}h${m}m${s}s`)).toBe(((h * 60 + m) * 60 + s) * 1000);
      }),
    );
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0ms'],
    [999, '999ms'],
    [999.6, '1s'],
    [1500, '1.5s'],
    [59_999, '1m'],
    [90_000, '1m30s'],
    [3_599_900, '1h'],
    [7_500_000, '2h5m'],
    [86_400_000, '1d'],
    [97_200_000, '1d3h'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('is read back by parseDuration to within its smaller unit', () => {
    fc.assert(
      fc.property(fc.nat(1e9), ms => {
        expect(Math.abs(parseDuration(formatDuration(ms)) - ms)).toBeLessThanOrEqual(Math.max(1, ms * 0.05));
      }),
    );
  });
});
