import { isMegalithError, MegalithError, parseDuration, parseSize } from '@megalith/core';
import { backendNames, objectives } from './choices.js';

/** What a user may prefer once and for all. Each is used by `run` and `map` where no flag and no variable says otherwise. */
export interface Preferences {
  readonly backend?: string;
  readonly budget?: number;
  readonly cpus?: number;
  readonly deadline?: string;
  readonly grace?: string;
  readonly home?: string;
  readonly host?: string;
  readonly memory?: string;
  readonly objective?: 'cost' | 'time';
  readonly retries?: number;
  readonly slots?: number;
  readonly time?: string;
}

export type PreferenceKey = keyof Preferences;

interface KeyRule {
  readonly description: string;
  /** What applies where nothing is set, for people. */
  readonly builtIn: string;
  /** The value to keep, or a throw that says what is wrong. */
  readonly parse: (text: string) => string | number;
}

/** The known keys, in the order of listings. */
export const preferenceKeys: Readonly<Record<PreferenceKey, KeyRule>> = {
  backend: { description: 'place where jobs run', builtIn: 'auto', parse: oneOf(...backendNames) },
  budget: { description: 'most that a job may cost, US dollars', builtIn: 'none', parse: usd },
  cpus: { description: 'number of processors of one task', builtIn: '1', parse: numberAbove(0) },
  deadline: {
    description: 'time from the call until the last result',
    builtIn: 'none',
    parse: checkedBy(parseDuration),
  },
  grace: { description: 'time a task has to end once asked to', builtIn: '2s', parse: checkedBy(parseDuration) },
  home: { description: 'folder of jobs and caches', builtIn: '~/.megalith', parse: absolutePath },
  host: {
    description: 'hosts where jobs run, with commas',
    builtIn: 'none: as backend says',
    parse: listOfNames,
  },
  memory: { description: 'memory of one task', builtIn: 'unlimited', parse: checkedBy(parseSize) },
  objective: { description: 'what makes a place the best', builtIn: 'cost', parse: oneOf(...objectives) },
  retries: { description: 'number of tries after the first', builtIn: '0', parse: wholeNumberFrom(0) },
  slots: { description: 'number of tasks at once', builtIn: 'one a processor', parse: wholeNumberFrom(1) },
  time: { description: 'time limit of one try', builtIn: 'none', parse: checkedBy(parseDuration) },
};

/** The environment variable that sets the same thing as a preference. */
export function environmentName(key: PreferenceKey): string {
  return `MEGALITH_${key.toUpperCase()}`;
}

/** @throws MegalithError USAGE with the known keys, for any other */
export function preferenceKey(name: string): PreferenceKey {
  if (Object.hasOwn(preferenceKeys, name)) return name as PreferenceKey;
  throw new MegalithError('USAGE', `there is no preference "${name}"`, {
    hint: `known: ${Object.keys(preferenceKeys).join(', ')}`,
  });
}

/** @param label how the user calls it @throws MegalithError USAGE naming label and value */
export function parsePreference(key: PreferenceKey, text: string, label: string = key): string | number {
  try {
    return preferenceKeys[key].parse(text);
  } catch (error) {
    const problem = (error as Error).message;
    throw new MegalithError('USAGE', `"${label}" cannot be "${text}": ${problem}`, {
      hint: hintOf(error) ?? `it is the ${preferenceKeys[key].description}`,
      cause: error,
    });
  }
}

function hintOf(error: unknown): string | undefined {
  return isMegalithError(error) ? error.hint : undefined;
}

function checkedBy(parse: (text: string) => number): (text: string) => string {
  return text => {
    parse(text);
    return text;
  };
}

function oneOf(...allowed: readonly string[]): (text: string) => string {
  return text => {
    if (!allowed.includes(text)) throw new RangeError(`it must be one of ${allowed.join(', ')}`);
    return text;
  };
}

function numberAbove(limit: number): (text: string) => number {
  return text => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || value <= limit)
      throw new RangeError(`it must be a number above ${limit}`);
    return value;
  };
}

function usd(text: string): number {
  const value = Number(text.replace(/^\s*\$/, ''));
  if (!/\d/.test(text) || !Number.isFinite(value) || value < 0)
    throw new RangeError('it must be a number of US dollars, such as 2.50');
  return value;
}

function wholeNumberFrom(least: number): (text: string) => number {
  return text => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < least)
      throw new RangeError(`it must be a whole number from ${least}`);
    return value;
  };
}

function absolutePath(text: string): string {
  if (!text.startsWith('/')) throw new RangeError('it must be an absolute path');
  return text;
}

function listOfNames(text: string): string {
  const names = text.split(',').map(name => name.trim());
  if (names.some(name => name === '')) throw new RangeError('it must be names of hosts with commas between them');
  return names.join(',');
}
