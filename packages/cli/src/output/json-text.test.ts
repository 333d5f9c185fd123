import { expect, it } from 'vitest';
import { jsonText } from './json-text.js';

it.each([
  [undefined, 'null'],
  [Number.NaN, 'null'],
  [12n, '"12"'],
  [new Date(0), '"1970-01-01T00:00:00.000Z"'],
  [new Map([['a', 1]]), '[["a",1]]'],
  [new Set([1, 2]), '[1,2]'],
  [new Float64Array([1, 2.5]), '[1,2.5]'],
  [Buffer.from('hi'), '"aGk="'],
  [{ deep: { bytes: new Uint8Array([1]), none: undefined } }, '{"deep":{"bytes":"AQ=="}}'],
  [new RangeError('no'), '{"name":"RangeError","message":"no"}'],
  ['a\nb', '"a\\nb"'],
])('writes %o on one line', (value, expected) => {
  expect(jsonText(value)).toBe(expected);
});
