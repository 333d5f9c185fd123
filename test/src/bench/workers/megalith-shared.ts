// One gibibyte of numbers, shared by 8 tasks that run at once and each touch every page of it. Prints how many tasks saw
// the right sum. Arguments: `loader`, `file` or `client`; for `file`, its path.
import { FunctionExecutor, type SharedInput, sharedFile, type TaskContext } from '@megalith/core';

const length = 2 ** 30 / Float64Array.BYTES_PER_ELEMENT;
const [way, path] = [process.argv[2], process.argv[3]];

function ones(): Float64Array {
  return new Float64Array(new SharedArrayBuffer(2 ** 30)).fill(1);
}

/** Adds one number of each 4 KiB: what is measured is where the pages are, not how fast they are added. */
function sumOf(_task: number, { shared }: TaskContext): number {
  let sum = 0;
  const table = shared.table as Float64Array;
  for (let i = 0; i < table.length; i += 512) sum += table[i]!;
  return sum;
}

function table(): SharedInput {
  if (way === 'loader') return ones;
  if (way === 'file' && path !== undefined) return sharedFile(path, 'Float64Array');
  return new Float64Array(length).fill(1);
}

await using executor = new FunctionExecutor();
const sums = await executor.map(sumOf, [1, 2, 3, 4, 5, 6, 7, 8], { shared: { table: table() }, cpus: 0.25 });

const right = sums.filter(sum => sum === length / 512).length;
if (right !== 8) throw new Error(`only ${right} of 8 tasks saw the right sum`);
console.log(right);
