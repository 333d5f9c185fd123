import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutCrumbs, withoutFirst } from './write-parts.js';

const parts = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 30 });

describe('the parts of a write', () => {
  it('that are left after a part of it was written are the rest of the same bytes', () => {
    fc.assert(
      fc.property(parts, fc.nat(600), (all, written) => {
        const bytes = Buffer.concat(all);
        const count = Math.min(written, bytes.byteLength);
        expect(Buffer.concat(withoutFirst(all, count))).toEqual(bytes.subarray(count));
      }),
    );
  });

  it('are the same bytes where many small ones are joined, and large ones are not copied', () => {
    fc.assert(
      fc.property(parts, all => {
        expect(Buffer.concat(withoutCrumbs(all))).toEqual(Buffer.concat(all));
      }),
    );
    const large = Array.from({ length: 10 }, () => new Uint8Array(5000));
    expect(withoutCrumbs(large)).toBe(large);
    expect(withoutCrumbs(Array.from({ length: 10 }, () => new Uint8Array(50))).length).toBe(1);
  });
});
