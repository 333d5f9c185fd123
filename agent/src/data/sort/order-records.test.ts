import { describe, expect, it } from 'vitest';
import { orderRecords, recordAt } from './order-records.js';
import { randomFrom, randomKey } from './testing/random-records.js';

function orderOf(keys: readonly Buffer[]): number[] {
  const starts: number[] = [];
  let at = 0;
  for (const key of keys) {
    starts.push(at);
    at += key.length;
  }
  const words = new BigUint64Array(keys.length);
  orderRecords({ bytes: Buffer.concat(keys), keyStart: i => starts[i]!, keyLength: i => keys[i]!.length }, words);
  const halves = new Uint32Array(words.buffer);
  return keys.map((_, i) => recordAt(halves, i));
}

describe('the order of records', () => {
  it('is that of their bytes, and equal ones stay in the order in which they came: 20,000 random tables', () => {
    for (let seed = 1; seed <= 20_000; seed++) {
      const random = randomFrom(seed);
      const keys = Array.from({ length: random(40) }, () => randomKey(random));
      const order = orderOf(keys);
      const expected = keys.map((_, i) => i).sort((a, b) => keys[a]!.compare(keys[b]!) || a - b);
      if (!order.every((record, i) => record === expected[i])) expect(order, `seed ${seed}`).toEqual(expected);
    }
  });

  it('takes long keys that are all the same, or each the beginning of the next, without running deep', () => {
    const same = Array.from({ length: 200 }, () => Buffer.alloc(20_000, 'a'));
    expect(orderOf(same)).toEqual(same.map((_, i) => i));
    const growing = Array.from({ length: 500 }, (_, i) => Buffer.alloc(500 - i));
    expect(orderOf(growing)).toEqual(growing.map((_, i) => growing.length - 1 - i));
  });
});
