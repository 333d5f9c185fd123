// 16 tasks of 2.5 million draws each through Megalith, slots started before. Prints the milliseconds from the call to
// all results.
import { FunctionExecutor } from '@megalith/core';
import { checkPi } from './check-pi.js';
import { circle } from './circle.js';

await using executor = new FunctionExecutor();
await executor.map(
  circle,
  [0, 1, 2, 3].map(seed => ({ seed, draws: 1 })),
);

const items = Array.from({ length: 16 }, (_, seed) => ({ seed, draws: 2_500_000 }));
const began = performance.now();
const results = await executor.map(circle, items);
const tookMs = performance.now() - began;

checkPi(results, 16 * 2_500_000);
console.log(tookMs);
