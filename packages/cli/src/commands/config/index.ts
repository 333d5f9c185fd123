import { BaseCommand } from '../../base-command.js';

export default class Config extends BaseCommand {
  static override summary = 'list preferences, and where each comes from';
  static override description =
    'A flag comes before an environment variable (MEGALITH_MEMORY, …), that before a preference, and that before what is built in.';
  static override examples = [{ description: 'what applies here', command: '<%= config.bin %> config' }];

  override async run(): Promise<unknown> {
    await this.parse(Config);
    const { readPreferences } = await import('../../preferences/file.js');
    const { effectivePreferences } = await import('../../preferences/effective.js');
    const { table } = await import('../../output/table.js');
    const preferences = effectivePreferences(readPreferences(), process.env);
    const rows = preferences.map(({ key, value, source, builtIn }) => [key, String(value ?? builtIn), source]);
    this.print(table([{ heading: 'KEY' }, { heading: 'VALUE' }, { heading: 'SOURCE' }], rows));
    return { preferences: preferences.map(({ key, value, source }) => ({ key, value: value ?? null, source })) };
  }
}
