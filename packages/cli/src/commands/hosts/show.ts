import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../base-command.js';

export default class HostsShow extends BaseCommand {
  static override summary = 'show what the inventory says of a host';
  static override examples = [{ description: 'one host', command: '<%= config.bin %> hosts show alpha' }];
  static override args = {
    name: Args.string({ required: true, description: 'name, or user@address[:port]', ignoreStdin: true }),
  };

  override async run(): Promise<unknown> {
    const { args } = await this.parse(HostsShow);
    const { inventoryHere } = await import('../../hosts/here.js');
    const { hostText } = await import('../../hosts/host-text.js');
    const inventory = await inventoryHere();
    const found = inventory.find(args.name);
    const host = { ...found, file: inventory.fileOf(found.name)! };
    this.print(hostText(host));
    return host;
  }
}
