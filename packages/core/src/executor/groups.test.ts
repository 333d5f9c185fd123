import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Groups } from './groups.js';

describe('groups', () => {
  it('give a group when its values are there and no further item can join it', () => {
    const groups = new Groups(item => item);
    groups.add('a', 0);
    groups.add('b', 1);
    expect(groups.set(0, 'value of 0')).toEqual([]);
    groups.add('a', 2);
    expect(groups.close()).toEqual([]);
    expect(groups.set(2, 'value of 2')).toEqual([['value of 0', 'value of 2']]);
    expect(groups.set(1, 'value of 1')).toEqual([['value of 1']]);
    expect(groups.close()).toEqual([]);
  });

  it('give each group once, in input order, whatever the order of completion and the moment of the end', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(4), { maxLength: 30 }),
        fc.infiniteStream(fc.nat()),
        fc.nat(30),
        (keys, random, closeAt) => {
          const groups = new Groups(item => item);
          for (const [index, key] of keys.entries()) groups.add(key, index);
          const order = keys.map((_, index) => ({ index, rank: random.next().value as number }));
          const given: unknown[][] = [];
          for (const [position, { index }] of order.sort((a, b) => a.rank - b.rank).entries()) {
            if (position === closeAt) given.push(...groups.close());
            given.push(...groups.set(index, index));
          }
          given.push(...groups.close());
          const expected = new Map(
            keys.map(key => [key, keys.flatMap((each, index) => (each === key ? [index] : []))]),
          );
          expect(groups.byKey(given)).toEqual(expected);
          expect([...groups.byKey(given).keys()]).toEqual([...expected.keys()]);
        },
      ),
    );
  });
});
