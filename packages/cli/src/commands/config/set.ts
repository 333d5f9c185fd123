import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../base-command.js';

export default class ConfigSet extends BaseCommand {
  static override summary = 'keep a preference';
  static override examples = [
    { description: 'four tasks at once', command: '<%= config.bin %> config set slots 4' },
    { description: 'at most two hours a try', command: '<%= config.bin %> config set time 2h' },
  ];

  static override args = {
    key: Args.string({ required: true, description: 'what to set', ignoreStdin: true }),
    value: Args.string({ required: true, description: 'to what', ignoreStdin: true }),
  };

  override async run(): Promise<unknown> {
    const { args } = await this.parse(ConfigSet);
    const { setPreference } = await import('../../preferences/write.js');
    const { preferencesPath } = await import('../../preferences/path.js');
    const value = setPreference(args.key, args.value);
    this.note(`set in ${preferencesPath()}`);
    return { key: args.key, value };
  }
}
