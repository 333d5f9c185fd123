import Conf from 'conf';
import { parsePreference, preferenceKey } from './keys.js';
import { preferencesFolder } from './path.js';

/** Keeps a preference in the file, and gives the value as it was understood. */
export function setPreference(name: string, text: string): string | number {
  const key = preferenceKey(name);
  const value = parsePreference(key, text);
  store().set(key, value);
  return value;
}

/** Takes a key out of the file, known or not; false where it was not in. */
export function unsetPreference(name: string): boolean {
  const file = store();
  const was = file.has(name);
  // What conf is asked to delete may be absent; then the file need not be written.
  if (was) file.delete(name);
  return was;
}

function store(): Conf<Record<string, unknown>> {
  return new Conf<Record<string, unknown>>({
    projectName: 'megalith',
    projectSuffix: '',
    cwd: preferencesFolder(),
    configFileMode: 0o600,
    accessPropertiesByDotNotation: false,
  });
}
