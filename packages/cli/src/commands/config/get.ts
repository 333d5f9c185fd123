import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../base-command.js';

export default class ConfigGet extends BaseCommand {
  static override summary = 'print one preference as it applies here';
  static override examples = [
    { description: 'how much memory a task gets', command: '<%= config.bin %> config get memory' },
  ];
  static override args = { key: Args.string({ required: true, description: 'what to print', ignoreStdin: true }) };

  override async run(): Promise<unknown> {
    const { args } = await this.parse(ConfigGet);
    const { preferenceKey } = await import('../../preferences/keys.js');
    const { readPreferences } = await import('../../preferences/file.js');
    const { effectivePreferences } = await import('../../preferences/effective.js');
    const wanted = preferenceKey(args.key);
    const { key, value, source, builtIn } = effectivePreferences(readPreferences(), process.env).find(
      one => one.key === wanted,
    )!;
    this.print(`${value ?? builtIn}\n`);
    return { key, value: value ?? null, source };
  }
}
