// `count` trivial tasks through piscina, with as many threads as processors. Prints the milliseconds from the first
// submit to all results. Arguments: count; `warm` (threads run and the file is loaded) or `cold`.
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { checkSum } from './check-sum.js';

const [count, state] = [Number(process.argv[2]), process.argv[3]];
const items = Array.from({ length: count }, (_, i) => i);
const threads = availableParallelism();
const pool = new Piscina<number, number>({
  filename: new URL('increment.js', import.meta.url).href,
  name: 'increment',
  minThreads: threads,
  maxThreads: threads,
});
if (state === 'warm') await Promise.all(items.slice(0, 100).map(item => pool.run(item)));

const began = performance.now();
const results = await Promise.all(items.map(item => pool.run(item)));
const tookMs = performance.now() - began;

checkSum(results, count, (count * (count + 1)) / 2);
await pool.close();
console.log(tookMs);
