// 16 tasks of 2.5 million draws each through piscina, threads started before. Prints the milliseconds from the first
// submit to all results.
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { checkPi } from './check-pi.js';

const threads = availableParallelism();
const pool = new Piscina<{ seed: number; draws: number }, number>({
  filename: new URL('circle.js', import.meta.url).href,
  name: 'circle',
  minThreads: threads,
  maxThreads: threads,
});
await Promise.all([0, 1, 2, 3].map(seed => pool.run({ seed, draws: 1 })));

const items = Array.from({ length: 16 }, (_, seed) => ({ seed, draws: 2_500_000 }));
const began = performance.now();
const results = await Promise.all(items.map(item => pool.run(item)));
const tookMs = performance.now() - began;

checkPi(results, 16 * 2_500_000);
await pool.close();
console.log(tookMs);
