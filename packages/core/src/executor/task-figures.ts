import type { AttemptStats } from '@megalith/agent';
import type { TaskStats } from './types.js';

/*
 * The figures of one task as a row of numbers: an object a task would cost five times the memory.
 * A figure that is not known is NaN.
 */
const columns = [
  'workerStartedAt',
  'startedAt',
  'endedAt',
  'inputMs',
  'outputMs',
  'cpuUserMs',
  'cpuSystemMs',
  'peakMemoryBytes',
  'bytesIn',
  'bytesOut',
  'slot',
] as const;
const coldStart = columns.length;
const submittedAt = coldStart + 1;
const receivedAt = coldStart + 2;

/** Numbers a task takes. */
export const figuresLength = receivedAt + 1;

export function writeSubmitted(figures: Float64Array, row: number, at: number): void {
  figures[row * figuresLength + submittedAt] = at;
}

/** Without `stats` the task never started. */
export function writeFigures(figures: Float64Array, row: number, stats: AttemptStats | undefined, at: number): void {
  const base = row * figuresLength;
  figures[base + receivedAt] = at;
  if (stats === undefined) {
    figures[base + 1] = Number.NaN;
    return;
  }
  figures[base] = stats.workerStartedAt;
  figures[base + 1] = stats.startedAt;
  figures[base + 2] = stats.endedAt;
  figures[base + 3] = stats.inputMs;
  figures[base + 4] = stats.outputMs;
  figures[base + 5] = stats.cpuUserMs ?? Number.NaN;
  figures[base + 6] = stats.cpuSystemMs ?? Number.NaN;
  figures[base + 7] = stats.peakMemoryBytes ?? Number.NaN;
  figures[base + 8] = stats.bytesIn;
  figures[base + 9] = stats.bytesOut;
  figures[base + 10] = stats.slot;
  figures[base + coldStart] = stats.coldStart ? 1 : 0;
}

export function readBytesOut(figures: Float64Array, row: number): number {
  return Number.isNaN(figures[row * figuresLength + 1]) ? 0 : figures[row * figuresLength + 9]!;
}

/** Undefined for a task that never started. */
export function readFigures(
  figures: Float64Array,
  row: number,
  attempt: number,
  machine: string,
): TaskStats | undefined {
  const base = row * figuresLength;
  const at = (column: number): number => figures[base + column]!;
  if (Number.isNaN(at(1))) return undefined;
  const known = (name: 'cpuUserMs' | 'cpuSystemMs' | 'peakMemoryBytes'): object => {
    const value = at(columns.indexOf(name));
    return Number.isNaN(value) ? {} : { [name]: value };
  };
  return {
    submittedAt: at(submittedAt),
    workerStartedAt: at(0),
    startedAt: at(1),
    endedAt: at(2),
    receivedAt: at(receivedAt),
    execMs: at(2) - at(1),
    inputMs: at(3),
    outputMs: at(4),
    ...known('cpuUserMs'),
    ...known('cpuSystemMs'),
    ...known('peakMemoryBytes'),
    bytesIn: at(8),
    bytesOut: at(9),
    slot: at(10),
    coldStart: at(coldStart) === 1,
    attempt,
    machine,
  };
}
