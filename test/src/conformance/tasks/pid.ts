import { appendFileSync } from 'node:fs';
import type { TaskContext } from '@megalith/core';
import { waitAtGate } from './gate.js';

export interface Announcement {
  readonly value: number;
  readonly gate: string;
  readonly tally: string;
}

/** Writes down its process, waits at its gate and gives its value. */
export async function announcePid({ value, gate, tally }: Announcement, { signal }: TaskContext): Promise<number> {
  appendFileSync(tally, `${value} ${process.pid}\n`);
  await waitAtGate(gate, signal);
  return value;
}
