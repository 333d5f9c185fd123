import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeKey, encodeKey, type GroupKey } from './key-code.js';

const keys: fc.Arbitrary<GroupKey> = fc.letrec<{ key: GroupKey }>(tie => ({
  key: fc.oneof(
    { maxDepth: 2 },
    fc.string({ unit: 'binary', maxLength: 4 }),
    fc.array(fc.constantFrom('a', '\ud800', '\udc00', '\0', 'é'), { maxLength: 4 }).map(parts => parts.join('')),
    fc.double(),
    fc.integer({ min: -3, max: 3 }),
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 4 }),
    fc.array(tie('key'), { maxLength: 3 }),
  ),
})).key;

/** What one key is, said in another way. */
function canonical(key: GroupKey): string {
  if (typeof key === 'string') return `s${[...Array(key.length).keys()].map(i => key.charCodeAt(i)).join('.')}`;
  if (typeof key === 'bigint') return `b${key}`;
  if (key instanceof Uint8Array) return `y${[...key].join('.')}`;
  if (Array.isArray(key)) return `[${key.map(canonical).join(';')}]`;
  return `${typeof key}${String(key)}`;
}

describe('the bytes of a key', () => {
  it('are equal for equal keys and for no others, and give the key back', () => {
    const seen = new Map<string, string>();
    fc.assert(
      fc.property(keys, key => {
        const name = canonical(key);
        const bytes = encodeKey(key);
        const known = seen.get(bytes.toString('latin1'));
        seen.set(bytes.toString('latin1'), name);
        return (
          (known === undefined || known === name) &&
          canonical(decodeKey(bytes)) === name &&
          encodeKey(decodeKey(bytes)).equals(bytes)
        );
      }),
      { numRuns: 20_000 },
    );
  });

  it('have the order of numbers, and then of text', () => {
    const numbers = [
      Number.NEGATIVE_INFINITY,
      -1e300,
      -2,
      -1.5,
      -1e-300,
      0,
      1e-300,
      1,
      1.5,
      2,
      1e300,
      Number.POSITIVE_INFINITY,
    ];
    const all = [...numbers, '', 'a', 'aa', 'b', 'é'].map(encodeKey);
    expect(all.toSorted(Buffer.compare)).toEqual(all);
    expect(encodeKey(-0)).toEqual(encodeKey(0));
  });

  it('are refused to what is never equal to anything else', () => {
    for (const key of [undefined, {}, new Date(0), Symbol('x'), () => 1]) {
      expect(() => encodeKey(key)).toThrow(expect.objectContaining({ code: 'USAGE' }));
    }
  });
});
