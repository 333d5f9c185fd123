import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { collectGarbage, type RunSummary, readRunEnd } from '@megalith/agent';
import type { TaskContext } from '../executor/types.js';
import { type ExchangeSpec, openExchange, type RunExchange } from './run-exchange.js';

/** What every task of a shuffle is told. */
export interface ShuffleSpec {
  readonly exchange: ExchangeSpec;
  /** For buffers. */
  readonly memoryBytes: number;
}

/** The list of all runs, in the order in which their records came: written when the last one is there. */
export const manifestName = 'runs.json';

/** Longest stretch of work before messages to this task get their turn, milliseconds. */
const turnMs = 50;

/** Of buffers that nobody uses any more: what is not worth the collection. */
export const litterBytes = 8 * 2 ** 20;

/** A task's part of a shuffle: where its files are, and what they are called. */
export interface TaskPlace {
  readonly exchange: RunExchange;
  /** Begins the names of this try's files. */
  readonly name: string;
  /** Call often: lets messages in now and then. @throws the signal's reason */
  readonly pause: () => Promise<void> | undefined;
}

/** @param kind begins the names of all tries of all tasks of a kind */
export function taskPlace(spec: ShuffleSpec, kind: string, { index, attempt, signal }: TaskContext): TaskPlace {
  // The buffers of this slot's task before would else count as this one's.
  if (process.memoryUsage().arrayBuffers > litterBytes) collectGarbage();
  const exchange = openExchange(spec.exchange);
  const prefix = `${kind}${index}-`;
  if (attempt > 1) exchange.forget(prefix);
  let turnBegan = performance.now();
  return {
    exchange,
    // No two tries have a file in common, even if one is not quite dead when the next begins.
    name: `${prefix}${attempt}-${randomBytes(4).toString('hex')}`,
    pause: () => {
      if (performance.now() - turnBegan < turnMs) return undefined;
      return new Promise<void>(resolve => setImmediate(resolve)).then(() => {
        signal.throwIfAborted();
        turnBegan = performance.now();
      });
    },
  };
}

/** All runs of a shuffle. @throws MegalithError DATA_CHANGED */
export async function allRuns(exchange: RunExchange): Promise<readonly RunSummary[]> {
  const names = JSON.parse(readFileSync(join(exchange.scratch, manifestName), 'utf8')) as readonly string[];
  const runs: RunSummary[] = [];
  for (const name of names) runs.push(readRunEnd(await exchange.read(name)));
  return runs;
}
