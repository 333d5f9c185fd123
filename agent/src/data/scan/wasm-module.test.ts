import fc from 'fast-check';
import { expect, it } from 'vitest';
import { signed, unsigned } from './wasm-module.js';

/** As the specification of the format reads them. */
function read(bytes: readonly number[]): { readonly value: bigint; readonly bits: number } {
  const value = bytes.reduce((sum, byte, at) => sum + (BigInt(byte & 0x7f) << BigInt(7 * at)), 0n);
  return { value, bits: 7 * bytes.length };
}

it('writes numbers without a sign as LEB128', () => {
  expect(unsigned(624_485)).toEqual([0xe5, 0x8e, 0x26]);
  fc.assert(
    fc.property(fc.nat(2 ** 31 - 1), n => {
      expect(read(unsigned(n)).value).toBe(BigInt(n));
    }),
  );
});

it('writes numbers with a sign as LEB128', () => {
  expect(signed(-123_456)).toEqual([0xc0, 0xbb, 0x78]);
  fc.assert(
    fc.property(fc.integer(), n => {
      const { value, bits } = read(signed(n));
      expect(BigInt.asIntN(bits, value)).toBe(BigInt(n));
    }),
  );
});
