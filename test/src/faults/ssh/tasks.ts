import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { TaskContext } from '@megalith/core';

export interface Step {
  readonly value: number;
  /** A file of the host. */
  readonly tally: string;
  readonly tookMs: number;
}

/** Takes its time, says in the tally that it is done, and gives its value. */
export async function step({ value, tally, tookMs }: Step): Promise<number> {
  await delay(tookMs);
  appendFileSync(tally, `${value}\n`);
  return value;
}

export interface Gated {
  readonly value: number;
  readonly tally: string;
  /** A file of the host: the task ends when it is there. Unset: at once. */
  readonly gate?: string;
}

/** Tells the tally when it begins and ends, with its attempt, and waits at its gate in between. */
export async function gated({ value, tally, gate }: Gated, { attempt, signal }: TaskContext): Promise<number> {
  appendFileSync(tally, `began ${value} ${attempt}\n`);
  while (gate !== undefined && !existsSync(gate)) await delay(10, undefined, { signal });
  appendFileSync(tally, `ended ${value} ${attempt}\n`);
  return value;
}

/** Gives as many bytes as it is asked for. */
export function bulk(byteLength: number): Uint8Array {
  return new Uint8Array(byteLength).fill(7);
}

/** When the host's clock says that it ran. */
export function hostTime(): number {
  return Date.now();
}

/** The length of the secret in its environment, so that the value itself is in no result. */
export async function secretLength({ tally, gate }: Gated, context: TaskContext): Promise<number> {
  await gated({ value: 0, tally, ...(gate === undefined ? {} : { gate }) }, context);
  console.log(`the secret is ${process.env.FIELD_SECRET}`);
  return process.env.FIELD_SECRET?.length ?? 0;
}
