import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../base-command.js';

export default class HostsCheck extends BaseCommand {
  static override summary = 'log in to hosts and say which layer fails';
  static override description =
    'Each host is logged in to and runs "true", all at once. The exit code is 6 where one failed. Layers: name, route, port, banner, hostKey, user, key, exec.';
  static override examples = [
    { description: 'all', command: '<%= config.bin %> hosts check' },
    { description: 'some', command: '<%= config.bin %> hosts check alpha beta' },
  ];
  static override args = {
    names: Args.string({ multiple: true, description: 'names; all where none is given', ignoreStdin: true }),
  };

  override async run(): Promise<unknown> {
    const { args } = await this.parse(HostsCheck);
    const { checkHosts } = await import('../../hosts/check-hosts.js');
    const { untilInterrupted } = await import('../../hosts/until-interrupted.js');
    const { checkTable } = await import('../../hosts/host-text.js');
    const checks = await untilInterrupted(signal => checkHosts(args.names ?? [], signal));
    if (checks.length === 0) this.note('no hosts yet: "megalith hosts add USER@ADDRESS" adds one');
    else this.print(checkTable(checks));
    for (const { name, hint } of checks) if (hint !== undefined) this.note(`hint: ${name}: ${hint}`);
    if (checks.some(check => !check.ok)) process.exitCode = 6;
    return { hosts: checks };
  }
}
