import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareKeys, isKey, requireKey, requirePrefix } from './object-key.js';

test.each([
  ['a//b', 'has an empty part'],
  ['/a', 'has an empty part'],
  ['a/../b', 'has a part that is "." or ".."'],
  ['a\u0000', 'has a character that stores cannot hold'],
  ['\udc00', 'has a character that stores cannot hold'],
  ['é'.repeat(401), 'is longer than 800 bytes'],
  [`a/${'b'.repeat(256)}`, 'has a part of more than 255 bytes'],
  ['.megalith/tmp', 'lies in ".megalith"'],
])('%j is refused: it %s', (key, why) => {
  expect(isKey(key)).toBe(false);
  expect(() => requireKey(key)).toThrowError(expect.objectContaining({ code: 'USAGE' }));
  expect(() => requireKey(key)).toThrowError(why);
});

test('keys may look like anything else', () => {
  for (const key of [
    'a',
    '...',
    '.a',
    'a b',
    ' ',
    '%2e%2e',
    '😀',
    'a/.megalith',
    '.megalithic',
    '~',
    'C:x',
    '-rf',
    '*',
  ]) {
    expect(() => requireKey(key)).not.toThrow();
  }
});

test('any beginning of a key is a prefix', () => {
  const part = fc.string({ unit: fc.constantFrom(...'ab.-é '), minLength: 1, maxLength: 5 });
  const keys = fc.array(part, { minLength: 1, maxLength: 4 }).map(parts => parts.join('/'));
  fc.assert(
    fc.property(keys.filter(isKey), fc.nat(), (key, cut) => {
      requirePrefix(key.slice(0, cut % (key.length + 1)));
    }),
  );
  for (const prefix of ['/', '../', 'a//', './a', '.megalith/', 'a/../']) {
    expect(() => requirePrefix(prefix)).toThrowError(expect.objectContaining({ code: 'USAGE' }));
  }
});

test('keys are ordered as their UTF-8 bytes are', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', '/', '\u00e9', '\ud7ff', '\uffee', '😀', '\u{10ffff}'),
    maxLength: 8,
  });
  fc.assert(
    fc.property(text, text, (one, other) => {
      expect(Math.sign(compareKeys(one, other))).toBe(Buffer.compare(Buffer.from(one), Buffer.from(other)));
    }),
  );
  expect(compareKeys('\uffee', '😀')).toBe(-1);
});
