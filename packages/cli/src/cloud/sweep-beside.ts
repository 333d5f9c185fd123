import { setTimeout as delay } from 'node:timers/promises';
import { isMegalithError } from '@megalith/core';
import { poolPlace } from './pool-place.js';

/** A command that is done waits for its sweep, and for the end of one that takes longer, so long at most, milliseconds. */
const lingerMs = 800;
const endMs = 200;

/** A sweep of cloud machines that goes on beside a command's own work. */
export interface SweepBeside {
  /** Waits a moment for it, then cuts it off. What it could not do is one warning, unless the command failed: then its error says enough. */
  end(hasFailed?: boolean): Promise<void>;
}

/**
 * Ends machines of the configured cloud that nobody needs, as every command does that has to do with cloud machines: nobody else may be there to do it.
 * Does nothing where no cloud is configured. Never fails, and never changes an exit code.
 * @param warn a line on standard error
 */
export function sweepBeside(warn: (line: string) => void): SweepBeside {
  const abort = new AbortController();
  const swept = problemOf(abort.signal);
  return {
    async end(hasFailed = false) {
      await eitherWithin(swept, lingerMs);
      abort.abort();
      const problem = await eitherWithin(swept, endMs);
      if (problem !== undefined && !hasFailed)
        warn(`warning: not all cloud machines could be looked after: ${problem}`);
    },
  };
}

/** Does something while cloud machines are looked after. */
export async function whileSwept<T>(warn: (line: string) => void, body: () => Promise<T>): Promise<T> {
  const sweep = sweepBeside(warn);
  let hasFailed = true;
  try {
    const value = await body();
    hasFailed = false;
    return value;
  } finally {
    await sweep.end(hasFailed);
  }
}

/** What went wrong; undefined for nothing, and for one that was cut off. */
async function problemOf(signal: AbortSignal): Promise<string | undefined> {
  try {
    const { poolIfConfigured, quickSweep } = await import('@megalith/standalone');
    const pool = await poolIfConfigured(poolPlace());
    if (pool === undefined) return undefined;
    try {
      signal.throwIfAborted();
      return inOneLine((await quickSweep(pool, signal)).problems);
    } finally {
      pool.close();
    }
  } catch (error) {
    if (signal.aborted) return undefined;
    // The command itself says what is wrong with the config.
    if (isMegalithError(error) && error.code === 'CONFIG') return undefined;
    return error instanceof Error ? error.message : String(error);
  }
}

function inOneLine([first, ...others]: readonly string[]): string | undefined {
  if (first === undefined) return undefined;
  return others.length === 0 ? first : `${first} (and ${others.length} more: see megalith dismantle --dry-run)`;
}

/** Undefined where it takes longer. */
async function eitherWithin<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  const timer = new AbortController();
  try {
    return await Promise.race([promise, delay(ms, undefined, { signal: timer.signal })]);
  } finally {
    timer.abort();
  }
}
