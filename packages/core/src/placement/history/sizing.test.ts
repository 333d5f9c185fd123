import fc from 'fast-check';
import { expect, test } from 'vitest';
import { usableBytesOf } from '../function-size.js';
import { emptyHistory, withSamples } from './history.js';
import { cheapestSize, functionSizes, memoryFor, shapeFrom } from './sizing.js';
import { samplesOf, testNow } from './testing/samples.js';

const mib = 2 ** 20;
const ladder = [256, 512, 1024, 1769, 3538, 5307, 10_240];
const terms = { usdPerGibSecond: 0.0000166667, usdPerRequest: 0.0000002, timeoutMs: 900_000 };
const profile = (ms: number, memoryBytes: number) => ({
  taskMs: { p50: ms, p90: ms },
  source: 'history' as const,
  memoryBytes,
});

test('memory is what was said, else what the history says, else unknown', () => {
  const history = withSamples(
    emptyHistory,
    samplesOf(5, () => ({ peakMemoryBytes: 1000 * mib })),
  );
  expect(memoryFor(history, 7, testNow)).toBe(7);
  expect(memoryFor(history, undefined, testNow)).toBe(1280 * mib);
  expect(memoryFor(undefined, undefined, testNow)).toBeUndefined();
});

test('twice the memory takes half the time of what computes, for the same price', () => {
  const [small, large] = functionSizes([512, 1024], profile(10_000, 64 * mib), terms);
  expect(small!.taskMs.p50 / large!.taskMs.p50).toBeCloseTo(2);
  expect(small!.usd).toBeCloseTo(large!.usd, 7);
});

test('the cheapest is not always the smallest, nor the fastest', () => {
  const sizes = (cpuShare: number, overheadMs: number) =>
    functionSizes(ladder, profile(10_000, 64 * mib), { ...terms, overheadMs }, { cpuShare, width: 1 });
  // One that waits pays for memory; one that computes pays the overhead of a slow one longer than it saves.
  expect(cheapestSize(sizes(0, 0))?.memoryMib).toBe(256);
  expect(cheapestSize(sizes(1, 0))?.memoryMib).toBe(1769);
  const computing = sizes(1, 0);
  expect(computing.find(({ memoryMib }) => memoryMib === 1769)!.taskMs.p50).toBeCloseTo(10_000);
  expect(computing.at(-1)!.taskMs.p50).toBeCloseTo(10_000);
  expect(computing.at(-1)!.usd).toBeGreaterThan(5 * computing[3]!.usd);
});

test('a wide task goes on getting faster', () => {
  const sizes = functionSizes(ladder, profile(10_000, 64 * mib), terms, { cpuShare: 1, width: 4 });
  expect(sizes.find(({ memoryMib }) => memoryMib === 5307)!.taskMs.p50).toBeCloseTo(10_000 / 3);
});

test('what is too small, or too slow, is not safe', () => {
  const sizes = functionSizes(ladder, profile(600_000, 700 * mib), terms);
  expect(sizes.map(({ unsafe }) => unsafe)).toEqual([
    'OVER_MEMORY',
    'OVER_MEMORY',
    'OVER_TIME',
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect(cheapestSize(functionSizes(ladder, profile(600_000, 20_000 * mib), terms))).toBeUndefined();
});

test('a safe size holds the task in memory and time, and none that is safe is cheaper', () => {
  fc.assert(
    fc.property(
      fc.nat(12_000),
      fc.nat(2_000_000),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (memory, ms, cpuShare) => {
        const needed = profile(ms, memory * mib);
        const sizes = functionSizes(ladder, needed, terms, { cpuShare });
        const best = cheapestSize(sizes);
        for (const { memoryMib, unsafe, taskMs, usd } of sizes) {
          if (unsafe !== undefined) continue;
          expect(usableBytesOf(memoryMib)).toBeGreaterThanOrEqual(memory * mib);
          expect(taskMs.p90).toBeLessThanOrEqual(terms.timeoutMs);
          expect(best!.usd).toBeLessThanOrEqual(usd);
        }
      },
    ),
  );
});

test('how much of a task computes is learned from its samples', () => {
  const waiting = samplesOf(3, () => ({ vcpus: 1, runMs: 1000, cpuMs: 250 }));
  expect(shapeFrom(withSamples(emptyHistory, waiting))).toEqual({ cpuShare: 0.25, width: 1 });
  const wide = samplesOf(3, () => ({ vcpus: 8, runMs: 1000, cpuMs: 3000 }));
  expect(shapeFrom(withSamples(emptyHistory, wide))).toEqual({ cpuShare: 1, width: 3 });
  expect(shapeFrom(emptyHistory)).toEqual({});
});
