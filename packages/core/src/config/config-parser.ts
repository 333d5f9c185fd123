import type { parseConfig } from './parse-config.js';
import type { parseYaml } from './parse-yaml.js';

/** What reads the text of a config file. */
export interface ConfigParser {
  readonly parseConfig: typeof parseConfig;
  readonly parseYaml: typeof parseYaml;
}

/** Loads yaml and zod, which takes 70–100 ms: only for who has a text in hand, as one that changes a file. */
export async function loadConfigParser(): Promise<ConfigParser> {
  const [{ parseConfig }, { parseYaml }] = await Promise.all([import('./parse-config.js'), import('./parse-yaml.js')]);
  return { parseConfig, parseYaml };
}
