// Trivial tasks from a generator through Megalith. Prints the peak memory of this process, the client, in bytes.
// Arguments: count; `for-await` or `await`.
import { FunctionExecutor } from '@megalith/core';
import { increment } from './increment.js';

const [count, way] = [Number(process.argv[2]), process.argv[3]];

function* numbers(): Generator<number> {
  for (let i = 0; i < count; i++) yield i;
}

let sum = 0;
await using executor = new FunctionExecutor();
const job = executor.map(increment, numbers());
if (way === 'for-await') {
  for await (const value of job) sum += value;
} else {
  for (const value of await job) sum += value;
}

if (sum !== (count * (count + 1)) / 2) throw new Error(`the sum is ${sum}`);
console.log(process.resourceUsage().maxRSS * 1024);
