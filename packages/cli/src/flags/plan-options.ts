import { readFileSync } from 'node:fs';
import { MegalithError, type PriceBook, parsePrices } from '@megalith/core';
import type { PlanFlagValues } from './plan-flags.js';

/** As of when, and with which prices, to plan; both are left out where they are today's. */
export interface PlanOptions {
  /** Epoch milliseconds. */
  readonly at?: number;
  readonly prices?: PriceBook;
}

/** @param now epoch milliseconds @throws MegalithError USAGE, CONFIG naming the file */
export function planOptions({ at, prices }: PlanFlagValues, now: number): PlanOptions {
  return {
    ...(at === undefined ? {} : { at: timeOf(at, now) }),
    ...(prices === undefined ? {} : { prices: pricesIn(prices) }),
  };
}

const date = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;

function timeOf(text: string, now: number): number {
  const at = date.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) {
    throw new MegalithError('USAGE', `"--at ${text}" is no time`, {
      hint: 'write a date (2025-11-01, which begins at 0:00 UTC) or a time (2025-11-01T12:00Z; without zone, the local one)',
    });
  }
  if (at <= now) return at;
  throw new MegalithError('USAGE', `"--at ${text}" is yet to come, and nobody knows its prices`, {
    hint: 'leave it out to plan as of now; --prices FILE plans with other prices',
  });
}

function pricesIn(path: string): PriceBook {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new MegalithError('USAGE', `cannot read the prices in "${path}": ${(error as Error).message}`, {
      hint: 'name a JSON file; "prices" in megalith.yaml names one for all commands',
      cause: error,
    });
  }
  return parsePrices(text, path);
}
