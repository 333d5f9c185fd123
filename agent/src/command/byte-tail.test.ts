import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteTail } from './byte-tail.js';

it('is the end of all that came, in whatever pieces', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 20 })), fc.integer({ min: 1, max: 30 }), (pieces, limit) => {
      const tail = new ByteTail(limit);
      for (const piece of pieces) tail.push(Buffer.from(piece, 'latin1'));
      const ascii = pieces.join('').slice(-limit);
      if (/^[\x20-\x7e]*$/.test(pieces.join(''))) expect(tail.text()).toBe(ascii);
    }),
  );
});

it('does not begin within a character', () => {
  const tail = new ByteTail(4);
  tail.push(Buffer.from('aé€'));
  expect(tail.text()).toBe('€');
});
