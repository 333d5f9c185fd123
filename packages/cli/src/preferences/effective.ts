import { environmentName, type PreferenceKey, type Preferences, parsePreference, preferenceKeys } from './keys.js';

export interface EffectivePreference {
  readonly key: PreferenceKey;
  /** Undefined where nothing is set: what is built in applies. */
  readonly value: string | number | undefined;
  readonly source: 'environment' | 'preferences' | 'built-in';
  readonly builtIn: string;
}

/** Every key with the value that a command without flags would use, and where it comes from: environment before preferences. */
export function effectivePreferences(
  stored: Preferences,
  env: Readonly<Record<string, string | undefined>>,
): readonly EffectivePreference[] {
  return (Object.keys(preferenceKeys) as PreferenceKey[]).map(key => {
    const { builtIn } = preferenceKeys[key];
    const variable = env[environmentName(key)];
    if (variable !== undefined && variable !== '') {
      return { key, value: parsePreference(key, variable), source: 'environment', builtIn };
    }
    const value = stored[key];
    return { key, value, source: value === undefined ? 'built-in' : 'preferences', builtIn };
  });
}
