import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSize, parseSize } from './size.js';

describe('parseSize', () => {
  it.each([
    ['512GiB', 512 * 2 ** 30],
    ['1.5GB', 1.5e9],
    ['300M', 300 * 2 ** 20],
    ['2k', 2048],
    ['1 TiB', 2 ** 40],
    ['.5K', 512],
    ['64b', 64],
    ['4096', 4096],
    [4096, 4096],
    ['0', 0],
  ])('reads %s', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each([
    '',
    'GiB',
    '12 elephants',
    '-1G',
    '1e3',
    '1Gi',
    '1.2.3M',
    '99999P',
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ])('refuses %s and names it', text => {
    expect(() => parseSize(text)).toThrowError(
      expect.objectContaining({ code: 'USAGE', message: `"${text}" is not a size` }),
    );
  });

  it('reads every whole number of every unit', () => {
    const units = {
      '': 1,
      B: 1,
      K: 2 ** 10,
      KB: 1e3,
      KiB: 2 ** 10,
      M: 2 ** 20,
      MB: 1e6,
      MiB: 2 ** 20,
      G: 2 ** 30,
      GB: 1e9,
      GiB: 2 ** 30,
    };
    fc.assert(
      fc.property(fc.constantFrom(...Object.entries(units)), fc.nat(100_000), ([unit, factor], n) => {
        expect(parseSize(`${n}${unit}`)).toBe(n * factor);
        expect(parseSize(`${n}${unit.toLowerCase()}`)).toBe(n * factor);
      }),
    );
  });
});

describe('formatSize', () => {
  it.each([
    [0, '0B'],
    [1023, '1023B'],
    [1536, '1.5KiB'],
    [2 ** 20 - 1, '1MiB'],
    [32_319_678_054, '30.1GiB'],
  ])('writes %d as %s', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });

  it('is read back by parseSize to within its one decimal', () => {
    fc.assert(
      fc.property(
        fc.nat(2 ** 31).chain(n => fc.nat(2 ** 20).map(m => n * m)),
        bytes => {
          expect(Math.abs(parseSize(formatSize(bytes)) - bytes)).toBeLessThanOrEqual(bytes * 0.05 + 0.5);
        },
      ),
    );
  });
});
