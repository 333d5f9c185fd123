import { BaseCommand } from '../../base-command.js';

export default class Hosts extends BaseCommand {
  static override summary = 'list the hosts of the inventory';
  static override description =
    'The inventory is the section "hosts" of the nearest megalith.yaml from the working directory upwards, and of the one in the home of Megalith. Where both have a name, the project counts.';
  static override examples = [
    { description: 'what there is', command: '<%= config.bin %> hosts' },
    { description: 'for programs', command: '<%= config.bin %> hosts --json' },
  ];

  override async run(): Promise<unknown> {
    await this.parse(Hosts);
    const { inventoryHere } = await import('../../hosts/here.js');
    const { hostTable } = await import('../../hosts/host-text.js');
    const inventory = await inventoryHere();
    const hosts = inventory.hosts.map(host => ({ ...host, file: inventory.fileOf(host.name)! }));
    if (hosts.length === 0) this.note('no hosts yet: "megalith hosts add USER@ADDRESS" adds one');
    else this.print(hostTable(hosts));
    return { hosts, files: inventory.files };
  }
}
