// Alice works in risk management at a bank and has to value a new contract: a European call option. She simulates it,
// and a good estimate takes about 100,000,000 draws. For this contract there is also an exact value (Black and Scholes,
// 1973), so that we can tell whether the simulation is right.
import { FunctionExecutor } from '@megalith/core';

const draws = 100_000_000;
const tasks = 64;
const contract = { price: 100, strike: 105, rate: 0.03, volatility: 0.25, years: 1 };

interface Sums {
  readonly draws: number;
  readonly sum: number;
  readonly squares: number;
}

/** One task: its share of the draws. Each is a price at the end of the term, and what the contract then pays. */
function simulate(task: number): Sums {
  const { price, strike, rate, volatility, years } = contract;
  const drift = (rate - volatility ** 2 / 2) * years;
  const spread = volatility * Math.sqrt(years);
  const discount = Math.exp(-rate * years);
  const random = xorshift(task);
  const share = draws / tasks;
  let [sum, squares] = [0, 0];
  for (let i = 0; i < share; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    for (const normal of [radius * Math.cos(angle), radius * Math.sin(angle)]) {
      const pays = discount * Math.max(0, price * Math.exp(drift + spread * normal) - strike);
      sum += pays;
      squares += pays * pays;
    }
  }
  return { draws: share, sum, squares };
}

/** Random numbers in [0, 1): Marsaglia's 128-bit xorshift, with a stream of its own for each task. */
function xorshift(seed: number): () => number {
  let [x, y, z, w] = [seed + 1, 0x6c078965, 0x9908b0df, 0x9d2c5680 ^ Math.imul(seed, 0x85ebca6b)];
  const next = () => {
    const t = x ^ (x << 11);
    [x, y, z] = [y, z, w];
    w = w ^ (w >>> 19) ^ t ^ (t >>> 8);
    return (w >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 32; i++) next();
  return next;
}

/** The reduce: begins when the tasks that it needs are done. */
function estimate(parts: readonly Sums[]): { value: number; standardError: number; count: number } {
  const total = (key: keyof Sums) => parts.reduce((sum, part) => sum + part[key], 0);
  const [count, value] = [total('draws'), total('sum') / total('draws')];
  return { count, value, standardError: Math.sqrt((total('squares') / count - value ** 2) / count) };
}

/** The exact value of the contract. */
function blackScholes({ price, strike, rate, volatility, years }: typeof contract): number {
  const spread = volatility * Math.sqrt(years);
  const d = (Math.log(price / strike) + (rate + volatility ** 2 / 2) * years) / spread;
  return price * normalBelow(d) - strike * Math.exp(-rate * years) * normalBelow(d - spread);
}

/** The probability that a normal number is below `x`, as the series of its integral: exact for small `x`. */
function normalBelow(x: number): number {
  let [term, sum] = [x, x];
  for (let k = 1; k < 100; k++) {
    term *= -(x * x) / (2 * k);
    sum += term / (2 * k + 1);
  }
  return 0.5 + sum / Math.sqrt(2 * Math.PI);
}

const began = performance.now();
await using executor = new FunctionExecutor();
const shares = Array.from({ length: tasks }, (_, task) => task);
const { value, standardError, count } = await executor.mapReduce(simulate, shares, estimate);
const seconds = (performance.now() - began) / 1_000;

const exact = blackScholes(contract);
const off = Math.abs(value - exact) / standardError;
console.log(
  `simulated  ${value.toFixed(4)} ± ${(1.96 * standardError).toFixed(4)}  (${count.toLocaleString('en')} draws in ${seconds.toFixed(1)} s)`,
);
console.log(`exact      ${exact.toFixed(4)}  (Black and Scholes)`);
console.log(`difference ${off.toFixed(2)} standard errors: ${off < 4 ? 'ok' : 'WRONG, more than 4'}`);
if (off >= 4) process.exitCode = 1;
