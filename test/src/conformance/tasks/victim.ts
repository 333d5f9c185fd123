import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { TaskContext } from '@megalith/core';

export interface Victim {
  readonly value: number;
  readonly gate: string;
  /** The n-th attempt is killed when a file with this name and `-n` is there. */
  readonly death: string;
  readonly tally: string;
}

/** Says that it began, waits at its gate for that or for its death, and gives its value. */
export async function awaitDeath({ value, gate, death, tally }: Victim, { attempt, signal }: TaskContext) {
  appendFileSync(tally, `${value}\n`);
  while (!existsSync(gate)) {
    if (existsSync(`${death}-${attempt}`)) process.kill(process.pid, 'SIGKILL');
    await delay(10, undefined, { signal });
  }
  return value;
}
