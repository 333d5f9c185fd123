import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compiledPricesDate } from '@megalith/standalone';
import { machineFacts } from '../machine.js';
import { measureStreams, type StreamRow } from './measure-stream.js';
import { measureTrace, type TraceRow } from './measure-trace.js';
import { seeded } from './seeded.js';
import { traces } from './traces.js';

const seed = 20_260_823;

/**
 * `pnpm bench placement`: jobs of several traces, placed by Megalith, by rules of others, and by an oracle that knows what each task will take. All is
 * simulated; the seed makes it the same each time. The table is printed, and kept in `test/bench-results/placement.json`.
 * @returns whether no data went where it may not, and no task was lost
 */
export function benchPlacement(asJson: boolean): boolean {
  const began = performance.now();
  const random = seeded(seed);
  const rows: TraceRow[] = [];
  if (!asJson) console.log(traceHead());
  for (const trace of traces(random)) {
    for (const row of measureTrace(trace)) {
      rows.push(row);
      console.log(asJson ? JSON.stringify(row) : traceLine(row));
    }
  }
  const streams = measureStreams(random);
  if (!asJson)
    console.log('\nStreams: bursts of jobs after gaps of 30 s to 2 h. Cost by that of the best way, known afterwards.');
  for (const row of streams) console.log(asJson ? JSON.stringify(row) : streamLine(row));
  const seconds = Math.round((performance.now() - began) / 1000);
  console.error(`kept in ${keep({ seconds, rows, streams })}`);
  const ours = rows.filter(({ rule }) => rule === 'Megalith');
  return ours.every(({ violations, lost }) => violations === 0 && lost === 0);
}

const widths = [40, 37, 5, 7, 7, 7, 7, 6, 7, 8, 5, 5] as const;

function traceHead(): string {
  const heads = ['trace', 'rule', 'jobs', 'median', 'p95', 'p95 fr', 'p95 dl', 'cost', 'missed', 'oom', 'viol', 'lost'];
  return (
    'Regret in per cent: what a job cost above the cheapest place that keeps its deadline, had all been known; of all jobs, of those without a\n' +
    'deadline (fr) and with one (dl). cost: of all jobs, by the oracle. missed: per cent of deadlines. oom: tasks per thousand that ran again.\n' +
    line(heads)
  );
}

function traceLine(row: TraceRow): string {
  const { trace, rule, jobs, regretMedian, regretP95, regretP95Free, regretP95Due, costRatio } = row;
  const { missedPercent, outOfMemoryPerMille, violations, lost } = row;
  const regrets = [regretMedian, regretP95, regretP95Free, regretP95Due].map(each => each.toFixed(1));
  const ends = [missedPercent.toFixed(1), outOfMemoryPerMille.toFixed(2), violations, lost];
  return line([trace, rule, jobs, ...regrets, costRatio.toFixed(2), ...ends]);
}

function streamLine({ rule, streams, ratioMedian, ratioWorst }: StreamRow): string {
  return `${rule.padEnd(40)} ${streams} streams: median ${ratioMedian.toFixed(2)}, worst ${ratioWorst.toFixed(2)}`;
}

function line(cells: readonly (string | number)[]): string {
  return cells
    .map((cell, i) => (i < 2 ? String(cell).padEnd(widths[i]!) : String(cell).padStart(widths[i]!)))
    .join(' ');
}

function keep(figures: { seconds: number; rows: readonly TraceRow[]; streams: readonly StreamRow[] }): string {
  const file = fileURLToPath(new URL('../../../bench-results/placement.json', import.meta.url));
  mkdirSync(join(file, '..'), { recursive: true });
  const date = new Date().toISOString().slice(0, 10);
  const kept = { bench: 'placement', date, machine: machineFacts(), pricesOf: compiledPricesDate, seed, ...figures };
  writeFileSync(file, `${JSON.stringify(kept, undefined, 2)}\n`);
  return file;
}
