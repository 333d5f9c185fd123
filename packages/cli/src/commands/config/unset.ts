import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../base-command.js';

export default class ConfigUnset extends BaseCommand {
  static override summary = 'forget a preference';
  static override examples = [{ description: 'as it was before', command: '<%= config.bin %> config unset slots' }];
  static override args = { key: Args.string({ required: true, description: 'what to forget', ignoreStdin: true }) };

  override async run(): Promise<unknown> {
    const { args } = await this.parse(ConfigUnset);
    const { unsetPreference } = await import('../../preferences/write.js');
    const wasSet = unsetPreference(args.key);
    this.note(wasSet ? `"${args.key}" is no longer set` : `"${args.key}" was not set`);
    return { key: args.key, wasSet };
  }
}
