// One call of a function in a file, through piscina: nothing is shipped. Prints the milliseconds from the call to its
// value. Argument: `first` (the threads run, the file is not loaded) or `again`.
import { Piscina } from 'piscina';

const pool = new Piscina<string, string>({
  minThreads: 1,
  maxThreads: 1,
  filename: new URL('increment.js', import.meta.url).href,
  name: 'increment',
});
await pool.run(1 as never);
const filename = new URL('salted.js', import.meta.url).href;

if (process.argv[2] === 'again') await pool.run('x', { filename, name: 'salted' });
const began = performance.now();
const value = await pool.run('y', { filename, name: 'salted' });
const tookMs = performance.now() - began;

if (value.length !== 64) throw new Error(`the value is ${value}`);
await pool.close();
console.log(tookMs);
