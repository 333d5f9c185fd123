import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LineIndex } from './line-index.js';

it('gives every offset a position, and the offset back', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'é', '\n', '\r\n')), parts => {
      const text = parts.join('');
      const lines = new LineIndex(text);
      for (let offset = 0; offset <= text.length; offset++) {
        const position = lines.positionOf(offset);
        const before = text.slice(0, offset).split('\n');
        expect(position).toEqual({ line: before.length - 1, column: before.at(-1)!.length });
        expect(lines.offsetOf(position)).toBe(offset);
      }
    }),
  );
});
