// 30 trivial tasks on all hosts of an inventory. Prints the milliseconds from nothing to the results, with the code loaded.
// Argument: Megalith's home.
import { FunctionExecutor } from '@megalith/core';
import { registerStandalone } from '@megalith/standalone';
import { checkSum } from './check-sum.js';
import { increment } from './increment.js';

registerStandalone();
const count = 30;
const began = performance.now();
await using executor = new FunctionExecutor({ backend: 'standalone', home: process.argv[2]! });
const results = await executor.map(
  increment,
  Array.from({ length: count }, (_, i) => i),
);
console.log(performance.now() - began);
checkSum(results, count, (count * (count + 1)) / 2);
