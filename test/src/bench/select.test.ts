import { expect, test } from 'vitest';
import type { Bench, BenchCase } from './bench.js';
import { select } from './select.js';

function subject(name: string): BenchCase {
  return { name, unit: 'ms', ours: async () => 1, peer: async () => 1, peerName: 'peer', runs: 1 };
}
const benches: readonly Bench[] = [
  { name: 'map', cases: [subject('trivial/1'), subject('trivial/2'), subject('shared/1')] },
  { name: 'pool', cases: [subject('start/1')] },
];
const chosen = (...names: string[]) =>
  select(benches, names).flatMap(bench => bench.cases.map(c => `${bench.name}/${c.name}`));

test('no name asks for everything', () => {
  expect(chosen()).toEqual(['map/trivial/1', 'map/trivial/2', 'map/shared/1', 'pool/start/1']);
});

test('a name asks for a bench', () => {
  expect(chosen('pool')).toEqual(['pool/start/1']);
});

test('a longer name asks for a group of its cases, or for one', () => {
  expect(chosen('map/trivial')).toEqual(['map/trivial/1', 'map/trivial/2']);
  expect(chosen('map/trivial/2', 'pool')).toEqual(['map/trivial/2', 'pool/start/1']);
});

test('a name that fits nothing is refused with the names that there are', () => {
  expect(() => chosen('ma')).toThrow(
    'no bench is named "ma"; there are map, map/trivial, map/shared, pool, pool/start',
  );
});
