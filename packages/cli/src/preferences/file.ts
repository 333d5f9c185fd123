import { readFileSync } from 'node:fs';
import { MegalithError } from '@megalith/core';
import { type PreferenceKey, type Preferences, parsePreference, preferenceKeys } from './keys.js';
import { preferencesPath } from './path.js';

/**
 * What the preferences file holds; nothing where there is none. Read without `conf`, which costs 40 ms at every start
 * and is needed only to write.
 * @throws MegalithError CONFIG naming the file and the key
 */
export function readPreferences(path: string = preferencesPath()): Preferences {
  const stored = readObject(path);
  const preferences: Partial<Record<PreferenceKey, string | number>> = {};
  for (const [key, value] of Object.entries(stored)) {
    if (!Object.hasOwn(preferenceKeys, key)) {
      throw new MegalithError('CONFIG', `there is no preference "${key}", but "${path}" sets it`, {
        hint: `known: ${Object.keys(preferenceKeys).join(', ')}; "megalith config unset ${key}" takes it out`,
      });
    }
    try {
      preferences[key as PreferenceKey] = parsePreference(key as PreferenceKey, String(value));
    } catch (error) {
      throw new MegalithError('CONFIG', `in "${path}": ${(error as Error).message}`, {
        hint: `"megalith config unset ${key}" takes it out`,
        cause: error,
      });
    }
  }
  return preferences as Preferences;
}

function readObject(path: string): Readonly<Record<string, unknown>> {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new MegalithError('CONFIG', `cannot read "${path}": ${(error as Error).message}`, { cause: error });
  }
  try {
    const value: unknown = JSON.parse(content);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new MegalithError('CONFIG', `"${path}" is not a JSON object`, { hint: 'mend it, or remove it to start anew' });
}
