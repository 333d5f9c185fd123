import { expect, test } from 'vitest';
import type { BenchCase } from './bench.js';
import { compare } from './compare.js';

function scripted(ours: readonly number[], peer: readonly number[]): { subject: BenchCase; calls: string[] } {
  const calls: string[] = [];
  const side = (name: string, values: readonly number[]) => {
    let next = 0;
    return async () => {
      calls.push(name);
      return values[next++]!;
    };
  };
  const subject: BenchCase = {
    name: 'scripted',
    unit: 'ms',
    ours: side('ours', ours),
    peer: side('peer', peer),
    peerName: 'script',
    runs: ours.length,
  };
  return { subject, calls };
}

test('compares medians, ours over the peer', async () => {
  const { subject } = scripted([1, 100, 3], [30, 2, 12]);
  expect(await compare('b', subject)).toEqual({
    bench: 'b',
    case: 'scripted',
    ours: 3,
    peer: 12,
    peerName: 'script',
    unit: 'ms',
    ratio: 0.25,
  });
});

test('measures the sides in turns', async () => {
  const { subject, calls } = scripted([1, 1, 1], [1, 1, 1]);
  await compare('b', subject);
  expect(calls).toEqual(['ours', 'peer', 'peer', 'ours', 'ours', 'peer']);
});

test('gives four digits', async () => {
  const { subject } = scripted([1234.5678], [3]);
  expect(await compare('b', subject)).toMatchObject({ ours: 1235, ratio: 411.5 });
});
