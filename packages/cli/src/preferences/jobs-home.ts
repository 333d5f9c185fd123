import { readPreferences } from './file.js';
import type { Preferences } from './keys.js';

/** Where jobs are kept: `MEGALITH_HOME` before the preference; nothing leaves it to what is built in. */
export function inJobsHome(stored: Preferences = readPreferences()): { readonly home?: string } {
  const home = process.env.MEGALITH_HOME || stored.home;
  return home === undefined ? {} : { home };
}
