import { expect, test } from 'vitest';
import { compiledPrices, compiledShapes } from './price-table.js';

const gib = 2 ** 30;

// Exact values of Karpenter's table of 2026-07-20 and of moto's copy of DescribeInstanceTypes.
test.each([
  ['t3.micro', 2, 1, 0.0104],
  ['t4g.2xlarge', 8, 32, 0.2688],
  ['c6a.32xlarge', 128, 256, 4.896],
  ['c7i.large', 2, 4, 0.08925],
  ['m6i.large', 2, 8, 0.096],
  ['m6a.32xlarge', 128, 512, 5.5296],
  ['r6a.32xlarge', 128, 1024, 7.2576],
  ['r6i.32xlarge', 128, 1024, 8.064],
  ['r8i.32xlarge', 128, 1024, 8.89088],
  ['r8i.96xlarge', 384, 3072, 26.67264],
  ['r7a.large', 2, 16, 0.15215],
  ['r7a.32xlarge', 128, 1024, 9.7376],
  ['r7i.48xlarge', 192, 1536, 12.7008],
  ['x2gd.medium', 1, 16, 0.0835],
  ['x2gd.16xlarge', 64, 1024, 5.344],
  ['x2idn.16xlarge', 64, 1024, 6.669],
  ['x2idn.24xlarge', 96, 1536, 10.0035],
  ['x2iedn.xlarge', 4, 128, 0.83363],
  ['x2iedn.32xlarge', 128, 4096, 26.676],
  ['x8i.96xlarge', 384, 6144, 48.74438],
  ['u7i-6tb.112xlarge', 448, 6144, 62.79],
  ['u7in-32tb.224xlarge', 896, 32_768, 360.98695],
])('%s has %i cpus, %i GiB and costs $%f an hour', (type, cpus, memoryGib, usdPerHour) => {
  expect(compiledShapes.find(shape => shape.type === type)).toMatchObject({ cpus, memoryBytes: memoryGib * gib });
  expect(compiledPrices.get(type)).toBe(usdPerHour);
});

test.each([
  ['r6id.32xlarge', 7600e9, 40_000],
  ['r6id.large', 118e9, 10_000],
  ['x2idn.32xlarge', 3800e9, 80_000],
  ['x2iedn.xlarge', 118e9, 20_000],
  ['i7ie.48xlarge', 120_000e9, 60_000],
  ['r6a.48xlarge', 0, 40_000],
  ['x2gd.12xlarge', 2850e9, 14_250],
])('%s has %i bytes of NVMe and %i Mbit/s to its volumes', (type, localDiskBytes, mbps) => {
  const volumeThroughputMibps = Math.floor(((mbps / 8) * 1e6) / 2 ** 20);
  expect(compiledShapes.find(shape => shape.type === type)).toMatchObject({ localDiskBytes, volumeThroughputMibps });
});

test('every shape is there once and has a price, and nothing else has', () => {
  const types = compiledShapes.map(({ type }) => type);
  expect(new Set(types).size).toBe(types.length);
  expect([...compiledPrices.keys()].sort()).toEqual(types.sort());
  for (const usdPerHour of compiledPrices.values()) expect(usdPerHour).toBeGreaterThan(0);
});

test('only high-memory shapes have no spot market', () => {
  const without = compiledShapes.filter(({ markets }) => !markets.includes('spot'));
  expect(without.map(({ type }) => type.slice(0, 3))).toEqual(Array(6).fill('u7i'));
});
