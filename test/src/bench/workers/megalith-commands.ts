// `count` times the command `true`, through the library. Prints the milliseconds from the call to the last end, with the
// job host started before. Argument: count.
import { FunctionExecutor } from '@megalith/core';

const count = Number(process.argv[2]);
await using executor = new FunctionExecutor();
await executor.run(['true']);

const began = performance.now();
const counts = await executor
  .command(
    ['true', '{}'],
    Array.from({ length: count }, (_, i) => i),
  )
  .ended();
const tookMs = performance.now() - began;

if (counts.done !== count) throw new Error(`${counts.done} of ${count} commands were done`);
console.log(tookMs);
