// `count` trivial tasks through Megalith. Prints the milliseconds from the call to all results.
// Arguments: count; `warm` (slots and bundle exist before) or `cold`; the isolation.
import { FunctionExecutor } from '@megalith/core';
import { checkSum } from './check-sum.js';
import { increment } from './increment.js';

const [count, state, isolation] = [Number(process.argv[2]), process.argv[3], process.argv[4] as 'process' | 'threads'];
const items = Array.from({ length: count }, (_, i) => i);
await using executor = new FunctionExecutor();
if (state === 'warm') await executor.map(increment, items.slice(0, 100), { isolation });

const began = performance.now();
const results = await executor.map(increment, items, { isolation });
const tookMs = performance.now() - began;

checkSum(results, count, (count * (count + 1)) / 2);
console.log(tookMs);
