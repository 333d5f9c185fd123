import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distanceToPrefix, nearMatches } from './near-matches.js';

describe('near matches', () => {
  it('are the texts that one slip of the finger leads away from, nearest first', () => {
    expect(nearMatches('simulte', ['simulate-1', 'assemble-2', 'simulte-9'])).toEqual(['simulte-9', 'simulate-1']);
    expect(nearMatches('zzz', ['simulate-1'])).toEqual([]);
  });

  it('count no edit for a start of the text, and never more than the text has letters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), fc.string({ unit: 'grapheme-ascii' }), (start, rest) => {
        expect(distanceToPrefix(start, start + rest)).toBe(0);
        expect(distanceToPrefix(start, rest)).toBeLessThanOrEqual(start.length);
      }),
    );
  });
});
