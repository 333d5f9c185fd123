// Trivial tasks on a warm backend. Prints the milliseconds from the call to all results.
// Arguments: the backend; a count of tasks, or `call` for the median of single calls; for `standalone` Megalith's home
// and a host.
import { FunctionExecutor } from '@megalith/core';
import { registerStandalone } from '@megalith/standalone';
import { median } from '../median.js';
import { checkSum } from './check-sum.js';
import { increment } from './increment.js';

const [backend = '', what = '', home, host] = process.argv.slice(2);
registerStandalone();
await using executor = new FunctionExecutor({
  backend,
  ...(home === undefined || host === undefined ? {} : { home, hosts: [host] }),
});
await executor.map(
  increment,
  Array.from({ length: 100 }, (_, i) => i),
);
console.log(await (what === 'call' ? calls(51) : tasks(Number(what))));

async function tasks(count: number): Promise<number> {
  const items = Array.from({ length: count }, (_, i) => i);
  const began = performance.now();
  const results = await executor.map(increment, items);
  const tookMs = performance.now() - began;
  checkSum(results, count, (count * (count + 1)) / 2);
  return tookMs;
}

async function calls(count: number): Promise<number> {
  const tookMs: number[] = [];
  for (let i = 0; i < count; i++) {
    const began = performance.now();
    await executor.callAsync(increment, i);
    tookMs.push(performance.now() - began);
  }
  return median(tookMs);
}
