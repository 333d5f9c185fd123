import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeValue, encodeValue } from './values.js';

const roundTrip = (value: unknown): unknown => decodeValue(encodeValue(value));

describe('values', () => {
  it('arrive as they left, whatever they are made of', () => {
    const value = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: true,
      withUnicodeString: true,
      withNullPrototype: false,
    } as fc.ObjectConstraints);
    fc.assert(
      fc.property(value, before => {
        expect(roundTrip(before)).toStrictEqual(structuredClone(before));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['minus zero', -0],
    ['NaN', Number.NaN],
    ['a lone surrogate', '\ud800'],
    ['a long wide string', '☃'.repeat(1000)],
    ['latin-1 text', 'naïve'],
    ['a big integer', 2n ** 100n],
    ['an empty buffer', Buffer.alloc(0)],
    ['bytes', new Uint8Array([1, 2, 3])],
  ])('keep %s', (_name, value) => {
    expect(roundTrip(value)).toStrictEqual(value);
  });

  it('keep cycles and shared references', () => {
    const shared = { name: 'shared' };
    const value: Record<string, unknown> = { a: shared, b: shared };
    value.self = value;
    const after = roundTrip(value) as Record<string, unknown>;
    expect(after.self).toBe(after);
    expect(after.a).toBe(after.b);
  });

  it('keep errors with their cause, their class and their own properties', () => {
    const cause = Object.assign(new RangeError('inner'), { code: 'EINNER' });
    const error = Object.assign(new TypeError('outer', { cause }), { path: '/x' });
    const after = roundTrip({ list: [error], same: error }) as { list: Error[]; same: unknown };
    const [first] = after.list;
    expect(first).toBeInstanceOf(TypeError);
    expect(first).toMatchObject({ message: 'outer', path: '/x', stack: error.stack });
    expect(first?.cause).toBeInstanceOf(RangeError);
    expect(first?.cause).toMatchObject({ message: 'inner', code: 'EINNER' });
    expect(after.same).toBe(first);
  });

  it('do not keep a large frame alive for a few bytes of it', () => {
    const frame = Buffer.alloc(100_000);
    const small = encodeValue(Buffer.from('abc'));
    small.copy(frame, 50_000);
    const after = decodeValue(frame.subarray(50_000, 50_000 + small.length)) as Buffer;
    expect(after.toString()).toBe('abc');
    expect(after.buffer.byteLength).toBeLessThan(frame.length);
  });
});

class Point {
  readonly x = 1;
}

const labelled = Object.assign(['a patient'], { [Symbol.for('megalith.label')]: { label: 'restricted' } });

describe('values that would lose something on the way', () => {
  it.each([
    ['a function', { deep: [{ f: () => 1 }] }, 'deep[0].f'],
    ['a symbol', { s: Symbol('s') }, '.s'],
    ['a class instance', { list: [1, new Point()] }, 'list[1]'],
    ['a class instance as a map value', new Map([['k', new Point()]]), 'get(k)'],
    ['a promise', { p: Promise.resolve(1) }, '.p'],
    ['shared memory', { view: new Uint8Array(new SharedArrayBuffer(4)) }, '.view'],
    ['something with a label', new Map([['patients', labelled]]), 'get(patients)'],
    ['something with a label, an argument of several', [1, labelled], '[1]'],
    ['a WeakMap', { w: new WeakMap() }, '.w'],
    ['a proxy', { p: new Proxy({}, {}) }, '.p'],
  ])('are refused by name: %s', (_name, value, path) => {
    expect(() => encodeValue(value, 'the item')).toThrow(
      expect.objectContaining({ code: 'NOT_SERIALIZABLE', message: expect.stringContaining(path) }),
    );
  });

  it('are fine with a label of their own, which others look at', () => {
    expect(roundTrip(labelled)).toEqual(['a patient']);
  });

  it('are refused when they are the value itself', () => {
    expect(() => encodeValue(() => 1, 'the result')).toThrow('the result is a function and cannot travel');
  });

  it('are refused when a getter throws, with its words', () => {
    const value = {
      get broken(): never {
        throw new Error('do not look');
      },
    };
    expect(() => encodeValue(value)).toThrow('do not look');
  });
});
