// How late do flights leave, hour by hour, and how sure of it can we be? One task an hour draws that hour's flights
// again 4,000 times (the bootstrap), from 200,000 flights that lie in memory once and are shared with every worker.
// Data: flights-200k.json of the npm package vega-datasets; source: U.S. Bureau of Transportation Statistics.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FunctionExecutor, type JobEvent } from '@megalith/core';
import { plotAsSvg, plotAsText } from './plot.js';

const resamples = 4_000;
const file = new URL('../data/flights-200k.json', import.meta.resolve('vega-datasets'));
const flights = JSON.parse(readFileSync(file, 'utf8')) as { delay: number; time: number }[];
const columns = {
  delay: Int16Array.from(flights, flight => flight.delay),
  hour: Uint8Array.from(flights, flight => Math.floor(flight.time)),
};

/** The work: an ordinary function. What it needs from around it (`resamples`, `seeded`) travels with it. */
function meanDelay(hour: number, { shared }: { shared: object }) {
  const { delay, hour: hourOf } = shared as typeof columns;
  const minutes = delay.filter((_, row) => hourOf[row] === hour);
  const count = minutes.length;
  const random = seeded(hour);
  const means = Float64Array.from({ length: resamples }, () => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += minutes[Math.floor(random() * count)]!;
    return sum / count;
  }).sort();
  const sum = minutes.reduce((a, b) => a + b, 0);
  const mean = sum / count;
  const standardError = Math.sqrt(minutes.reduce((a, b) => a + (b - mean) ** 2, 0)) / count;
  return { hour, count, sum, mean, standardError, low: means[0.025 * resamples]!, high: means[0.975 * resamples]! };
}

/** Random numbers in [0, 1), the same ones in every run. */
function seeded(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b9);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

let computing = 0;
const began = performance.now();
const hours = Array.from({ length: 24 }, (_, hour) => hour);

// In one thread:   const results = hours.map(hour => meanDelay(hour, { shared: columns }));
// With Megalith, two lines:
await using executor = new FunctionExecutor();
const results = await executor.map(meanDelay, hours, { shared: columns, onEvent: follow });

const seconds = (performance.now() - began) / 1_000;

/** From plan to result, as it happens. */
function follow(event: JobEvent): void {
  if (event.type === 'planned') console.log(`plan   ${event.plan.reason}`);
  if (event.type === 'done') {
    computing += event.stats.execMs / 1_000;
    console.log(`done   hour ${event.index}, ${Math.round(event.stats.execMs)} ms`);
  }
}

const shown = results.filter(({ count }) => count >= 1_000);
const picture = new URL('plot.svg', import.meta.url);
writeFileSync(picture, plotAsSvg(shown));
console.log(`\n${plotAsText(shown)}\n`);

// Is it right? The first figure is published with the data, the second was summed from the file with grep and awk, the third is
// computed once more in this thread alone, and for the last there is a formula: 1.96 standard errors on either side.
const flightCount = results.reduce((sum, { count }) => sum + count, 0);
const minutesLate = results.reduce((sum, hour) => sum + hour.sum, 0);
const { high } = meanDelay(17, { shared: columns });
const off = shown.map(hour => Math.abs((hour.high - hour.low) / (2 * 1.96 * hour.standardError) - 1));
check('flights', flightCount, '200000', flightCount === 200_000);
check('delays, all added', minutesLate, '1500159', minutesLate === 1_500_159);
check('upper end at 17:00', results[17]!.high, String(high), results[17]!.high === high);
check('intervals off by', Math.max(...off), 'less than 0.05', Math.max(...off) < 0.05);

function check(what: string, found: number, known: string, holds: boolean): void {
  console.log(`${holds ? 'ok   ' : 'WRONG'}  ${what.padEnd(20)} ${String(found).padEnd(22)} known: ${known}`);
  if (!holds) process.exitCode = 1;
}

console.log(`\n${hours.length} tasks, ${computing.toFixed(1)} s of computing in ${seconds.toFixed(1)} s`);
console.log(`picture: ${fileURLToPath(picture)}`);
