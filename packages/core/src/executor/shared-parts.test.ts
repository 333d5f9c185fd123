import type { BundleRef } from '@megalith/agent';
import { describe, expect, it } from 'vitest';
import { type SharedInput, sharedFile } from './shared.js';
import { sharedParts } from './shared-parts.js';

const bundle: BundleRef = { hash: 'abc', code: '', captured: new Uint8Array() };
const ship = async () => ({ ref: bundle });

describe('shared inputs', () => {
  it.each([
    ['Float64Array', Float64Array.of(1, 2, 3)],
    ['Uint8ClampedArray', Uint8ClampedArray.of(1, 2)],
    ['BigInt64Array', BigInt64Array.of(1n)],
    ['Buffer', Buffer.from('abc')],
    ['DataView', new DataView(new ArrayBuffer(8), 2, 4)],
    ['ArrayBuffer', new Uint8Array([1, 2]).buffer],
    ['ArrayBuffer', new SharedArrayBuffer(4)],
  ] satisfies [string, SharedInput][])('sees the bytes of a %s without a copy', async (type, input) => {
    const [part] = await sharedParts({ table: input }, ship);
    expect(part?.spec).toEqual({ name: 'table', source: 'bytes', type, byteLength: input.byteLength });
    expect(part?.bytes?.byteLength).toBe(input.byteLength);
    expect(part?.bytes?.buffer).toBe(ArrayBuffer.isView(input) ? input.buffer : input);
    expect(part?.bytes?.byteOffset).toBe(ArrayBuffer.isView(input) ? input.byteOffset : 0);
  });

  it('leaves files and loaders to the machine', async () => {
    const parts = await sharedParts(
      { a: sharedFile('/data/x.f64', 'Float64Array'), b: () => new Float64Array(3) },
      ship,
    );
    expect(parts.map(part => part.spec)).toEqual([
      { name: 'a', source: 'file', type: 'Float64Array', path: '/data/x.f64' },
      { name: 'b', source: 'load', bundle },
    ]);
    expect(parts.every(part => part.bytes === undefined)).toBe(true);
  });

  it.each([
    ["the string 'abc'", 'abc', 'share its bytes: Buffer.from(table)'],
    ['an Array', [1, 2], 'make it a typed array: Float64Array.from(table)'],
    ['an Array', [{ x: 1 }], 'share each column of numbers as a typed array of its own, under its own name'],
    ['a Map', new Map(), 'make typed arrays of it: Float64Array.from(table.values())'],
    ['an object', { a: 1 }, expect.stringContaining('as typed arrays')],
    ['the number 7', 7, expect.stringContaining('capture')],
    ['undefined', undefined, expect.stringContaining('capture')],
  ])('refuses %s, names the key and says what to do', async (what, input, hint) => {
    await expect(sharedParts({ table: input as never }, ship)).rejects.toMatchObject({
      code: 'CANNOT_SHARE',
      message: `cannot share "table": ${what} has no bytes that tasks could see together`,
      hint,
    });
  });
});
