import { homedir } from 'node:os';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** The folder of `config.json`: `$MEGALITH_HOME` where that is set, else where the system keeps preferences. */
export function preferencesFolder(
  env: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const home = env.MEGALITH_HOME;
  if (home !== undefined && home !== '') return home;
  if (platform === 'darwin') return join(homedir(), 'Library', 'Preferences', 'megalith');
  return join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'megalith');
}

export function preferencesPath(env?: Environment): string {
  return join(preferencesFolder(env), 'config.json');
}
