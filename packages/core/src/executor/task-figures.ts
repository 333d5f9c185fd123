import type { AttemptStats } from '@megalith/agent';
import type { TaskStats } from './types.js';

/**
 * The figures of tasks as rows of numbers: an object a task would cost five times the memory. A row has wide numbers (times, bytes)
 * first and narrow ones, exact enough in four bytes, behind them in the same memory. A figure that is not known is NaN.
 */
export interface Figures {
  readonly wide: Float64Array;
  readonly narrow: Float32Array;
}

const wide = {
  submittedAt: 0,
  receivedAt: 1,
  workerStartedAt: 2,
  startedAt: 3,
  endedAt: 4,
  peakMemoryBytes: 5,
  bytesIn: 6,
  bytesOut: 7,
} as const;
const narrow = { inputMs: 0, outputMs: 1, cpuUserMs: 2, cpuSystemMs: 3, slot: 4, origin: 5 } as const;

const wideLength = Object.keys(wide).length;
/** Wide numbers that a row takes: its narrow ones are half as long. */
const rowLength = wideLength + Object.keys(narrow).length / 2;

export function makeFigures(rows: number): Figures {
  const numbers = new Float64Array(rows * rowLength);
  return { wide: numbers, narrow: new Float32Array(numbers.buffer) };
}

function wideStart(row: number): number {
  return row * rowLength;
}

function narrowStart(row: number): number {
  return (row * rowLength + wideLength) * 2;
}

export function writeSubmitted(figures: Figures, row: number, at: number): void {
  figures.wide[wideStart(row) + wide.submittedAt] = at;
}

/** Without `stats` the task never started. @param machine the number of the machine where it ran */
export function writeFigures(
  figures: Figures,
  row: number,
  stats: AttemptStats | undefined,
  at: number,
  machine: number,
): void {
  const base = wideStart(row);
  figures.wide[base + wide.receivedAt] = at;
  if (stats === undefined) {
    figures.wide[base + wide.startedAt] = Number.NaN;
    return;
  }
  figures.wide[base + wide.workerStartedAt] = stats.workerStartedAt;
  figures.wide[base + wide.startedAt] = stats.startedAt;
  figures.wide[base + wide.endedAt] = stats.endedAt;
  figures.wide[base + wide.peakMemoryBytes] = stats.peakMemoryBytes ?? Number.NaN;
  figures.wide[base + wide.bytesIn] = stats.bytesIn;
  figures.wide[base + wide.bytesOut] = stats.bytesOut;
  const small = narrowStart(row);
  figures.narrow[small + narrow.inputMs] = stats.inputMs;
  figures.narrow[small + narrow.outputMs] = stats.outputMs;
  figures.narrow[small + narrow.cpuUserMs] = stats.cpuUserMs ?? Number.NaN;
  figures.narrow[small + narrow.cpuSystemMs] = stats.cpuSystemMs ?? Number.NaN;
  figures.narrow[small + narrow.slot] = stats.slot;
  // Two in one: a number more would cost every task eight bytes.
  figures.narrow[small + narrow.origin] = 2 * machine + (stats.coldStart ? 1 : 0);
}

export function readBytesOut(figures: Figures, row: number): number {
  const base = wideStart(row);
  return Number.isNaN(figures.wide[base + wide.startedAt]) ? 0 : figures.wide[base + wide.bytesOut]!;
}

/** Undefined for a task that never started. @param machines names by number */
export function readFigures(
  figures: Figures,
  row: number,
  attempt: number,
  machines: readonly string[],
): TaskStats | undefined {
  const large = (name: keyof typeof wide): number => figures.wide[wideStart(row) + wide[name]]!;
  const small = (name: keyof typeof narrow): number => figures.narrow[narrowStart(row) + narrow[name]]!;
  const known = (name: 'cpuUserMs' | 'cpuSystemMs' | 'peakMemoryBytes', value: number): object =>
    Number.isNaN(value) ? {} : { [name]: value };
  if (Number.isNaN(large('startedAt'))) return undefined;
  return {
    submittedAt: large('submittedAt'),
    workerStartedAt: large('workerStartedAt'),
    startedAt: large('startedAt'),
    endedAt: large('endedAt'),
    receivedAt: large('receivedAt'),
    execMs: large('endedAt') - large('startedAt'),
    inputMs: small('inputMs'),
    outputMs: small('outputMs'),
    ...known('cpuUserMs', small('cpuUserMs')),
    ...known('cpuSystemMs', small('cpuSystemMs')),
    ...known('peakMemoryBytes', large('peakMemoryBytes')),
    bytesIn: large('bytesIn'),
    bytesOut: large('bytesOut'),
    slot: small('slot'),
    coldStart: small('origin') % 2 === 1,
    attempt,
    machine: machines[small('origin') >>> 1] ?? '',
  };
}
