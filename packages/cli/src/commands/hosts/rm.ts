import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../base-command.js';

export default class HostsRm extends BaseCommand {
  static override summary = 'take a host out of the inventory';
  static override description = 'Nothing on the host itself changes.';
  static override examples = [{ description: 'one host', command: '<%= config.bin %> hosts rm alpha' }];
  static override args = {
    name: Args.string({ required: true, description: 'name, or user@address[:port]', ignoreStdin: true }),
  };

  override async run(): Promise<unknown> {
    const { args } = await this.parse(HostsRm);
    const { forgetHost } = await import('../../hosts/forget-host.js');
    const { name, file, nowFrom } = await forgetHost(args.name);
    this.print(`${name}\n`);
    this.note(`removed "${name}" from "${file}"`);
    if (nowFrom !== undefined) this.note(`the one in "${nowFrom}" counts now`);
    return { name, file, nowFrom: nowFrom ?? null };
  }
}
