import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Row } from './bench.js';
import { machineFacts } from './machine.js';

const folder = fileURLToPath(new URL('../../bench-results/', import.meta.url));

/** Keeps the rows of a whole bench, with the machine and the day, and gives the file's path. */
export function keepResults(bench: string, rows: readonly Row[], now: Date): string {
  mkdirSync(folder, { recursive: true });
  const file = `${folder}${bench}.json`;
  const kept = { bench, date: now.toISOString().slice(0, 10), machine: machineFacts(), ratio: 'ours / peer', rows };
  writeFileSync(file, `${JSON.stringify(kept, null, 2)}\n`);
  return file;
}
