import fc from 'fast-check';
import { expect, it } from 'vitest';
import { clientToken, incarnationOf, requestDigest } from './client-token.js';

const intent = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 16, maxLength: 16 });
const tryNumber = fc.integer({ min: 1, max: 99_999 });

it('fits into what EC2 takes', () => {
  fc.assert(
    fc.property(intent, tryNumber, fc.jsonValue(), (id, n, request) => {
      expect(clientToken(id, n, requestDigest(request))).toMatch(/^[\x21-\x7e]{1,64}$/);
    }),
  );
});

it('is the same for the same try of the same request, and another for any other', () => {
  fc.assert(
    fc.property(fc.tuple(intent, tryNumber, fc.jsonValue()), fc.tuple(intent, tryNumber, fc.jsonValue()), (a, b) => {
      const same = JSON.stringify(a) === JSON.stringify(b);
      const token = ([id, n, request]: typeof a) => clientToken(id, n, requestDigest(request));
      expect(token(a)).toBe(token(structuredClone(a)));
      expect(token(a) === token(b) || same).toBe(same);
    }),
  );
});

it('gives each try of one request a token of its own', () => {
  expect(clientToken('0123456789abcdef', 1, 'digest')).not.toBe(clientToken('0123456789abcdef', 2, 'digest'));
});

it('does not see the order of keys, nor keys without a value, but the order of lists', () => {
  expect(requestDigest({ a: 1, b: { c: 2, d: undefined } })).toBe(requestDigest({ b: { c: 2 }, a: 1 }));
  expect(requestDigest([1, 2])).not.toBe(requestDigest([2, 1]));
});

it('gives each try an incarnation of its own, which a repetition finds again', () => {
  fc.assert(
    fc.property(intent, tryNumber, tryNumber, (id, a, b) => {
      expect(incarnationOf(id, a)).toMatch(/^[0-9a-f]{16}$/);
      expect(incarnationOf(id, a) === incarnationOf(id, b)).toBe(a === b);
    }),
  );
});
