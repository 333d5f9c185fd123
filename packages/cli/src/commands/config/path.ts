import { BaseCommand } from '../../base-command.js';

export default class ConfigPath extends BaseCommand {
  static override summary = 'print where preferences are kept';
  static override examples = [{ description: 'where is the file?', command: '<%= config.bin %> config path' }];

  override async run(): Promise<unknown> {
    await this.parse(ConfigPath);
    const { preferencesPath } = await import('../../preferences/path.js');
    const path = preferencesPath();
    this.print(`${path}\n`);
    return { path };
  }
}
