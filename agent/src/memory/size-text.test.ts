import fc from 'fast-check';
import { expect, it } from 'vitest';
import { roomierSize, sizeText } from './size-text.js';

it('writes sizes as people read them', () => {
  expect([0, 1024, 640 * 1024, 1.5 * 2 ** 30, 1023.9 * 2 ** 20, 1000 * 2 ** 20].map(sizeText)).toEqual([
    '0KiB',
    '1KiB',
    '640KiB',
    '1.5GiB',
    '1GiB',
    '1000MiB',
  ]);
});

it('suggests more than was seen, in a round figure', () => {
  expect([2 ** 20, 128 * 2 ** 20, 4 * 2 ** 30].map(roomierSize)).toEqual(['128MiB', '256MiB', '6GiB']);
  fc.assert(fc.property(fc.nat({ max: 2 ** 45 }), bytes => /^[\d.]+[MGT]iB$/.test(roomierSize(bytes + 1))));
});
