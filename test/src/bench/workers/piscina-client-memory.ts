// Trivial tasks from an array through piscina, whose threads live in the client's process. Prints the peak memory of
// this process in bytes. Argument: count.
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';

const count = Number(process.argv[2]);
const threads = availableParallelism();
const pool = new Piscina<number, number>({
  filename: new URL('increment.js', import.meta.url).href,
  name: 'increment',
  minThreads: threads,
  maxThreads: threads,
});
const submitted: Promise<number>[] = [];
for (let i = 0; i < count; i++) submitted.push(pool.run(i));

let sum = 0;
for (const value of await Promise.all(submitted)) sum += value;

if (sum !== (count * (count + 1)) / 2) throw new Error(`the sum is ${sum}`);
await pool.close();
console.log(process.resourceUsage().maxRSS * 1024);
