import fc from 'fast-check';
import { expect, it } from 'vitest';
import { InputOrder } from './input-order.js';

it('passes on in input order whatever order things end in', () => {
  const shuffled = fc
    .integer({ min: 1, max: 30 })
    .chain(n => fc.shuffledSubarray([...Array(n).keys()], { minLength: n }));
  fc.assert(
    fc.property(shuffled, ended => {
      const seen: number[] = [];
      const order = new InputOrder<string>(true, index => seen.push(index));
      for (const index of ended) order.end(index, 'x');
      expect(seen).toEqual([...ended].sort((a, b) => a - b));
    }),
  );
});

it('passes on at once where order does not matter', () => {
  const seen: string[] = [];
  const order = new InputOrder<string>(false, (index, value) => seen.push(`${index}${value}`));
  order.end(2, 'c');
  order.end(0, 'a');
  expect(seen).toEqual(['2c', '0a']);
});

it('gives what is left over, in order, when the rest will never come', () => {
  const seen: number[] = [];
  const order = new InputOrder<undefined>(true, index => seen.push(index));
  for (const index of [5, 0, 3]) order.end(index, undefined);
  order.flush();
  expect(seen).toEqual([0, 3, 5]);
});
