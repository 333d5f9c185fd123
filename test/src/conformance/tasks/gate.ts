import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { TaskContext } from '@megalith/core';

/** Ends when the file is there, or throws when the task is asked to end. */
async function waitAtGate(path: string, signal?: AbortSignal): Promise<void> {
  while (!existsSync(path)) await delay(10, undefined, signal && { signal });
}

export interface GateItem {
  readonly gate: string;
  readonly tally: string;
  readonly value: number;
}

/** Says that it began, waits at its gate, and gives its value. */
export async function passGate({ gate, tally, value }: GateItem, { signal }: TaskContext): Promise<number> {
  appendFileSync(tally, `began ${value}\n`);
  await waitAtGate(gate, signal);
  appendFileSync(tally, `ended ${value}\n`);
  return value;
}

/** Like `passGate`, for tasks that ignore their signal and keep the thread busy. */
export function spinUntilGate({ gate, tally, value }: GateItem): number {
  appendFileSync(tally, `began ${value}\n`);
  while (!existsSync(gate));
  return value;
}

/** Waits for the gate in vain, then says that it left in order. */
export async function tidyUp({ gate, tally, value }: GateItem, { signal }: TaskContext): Promise<void> {
  appendFileSync(tally, `began ${value}\n`);
  try {
    await waitAtGate(gate, signal);
  } finally {
    appendFileSync(tally, 'tidied up\n');
  }
}

export async function passGateOrReturn(item: GateItem | number, context: TaskContext): Promise<number> {
  return typeof item === 'number' ? item : passGate(item, context);
}

/** With a path: fails once two other tasks began. With a gate: waits there. */
export async function failOnceBegun(item: GateItem | string, context: TaskContext): Promise<number> {
  if (typeof item !== 'string') return passGate(item, context);
  while (readFileSync(item, 'utf8').split('\n').length < 3) await delay(10, undefined, { signal: context.signal });
  throw new Error('the others began');
}
