import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base-command.js';

export default class HostsImport extends BaseCommand {
  static override summary = 'add hosts of ~/.ssh/config whose keys are in known_hosts';
  static override description =
    'Shows what would be added and asks. Nobody is connected to: the keys of known_hosts are pinned.';
  static override examples = [
    { description: 'all that can be added', command: '<%= config.bin %> hosts import' },
    { description: 'some, without a question', command: "<%= config.bin %> hosts import 'gpu*' --yes" },
  ];
  static override args = {
    patterns: Args.string({ multiple: true, description: 'names, with * and ?', ignoreStdin: true }),
  };
  static override flags = {
    yes: Flags.boolean({ char: 'y', description: 'do not ask' }),
    project: Flags.boolean({ description: 'into megalith.yaml of this project, made here where there is none' }),
  };

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(HostsImport);
    const { importHosts } = await import('../../hosts/import-hosts.js');
    const { askAtTerminal } = await import('../../hosts/question.js');
    const { untilInterrupted } = await import('../../hosts/until-interrupted.js');
    const { hostTable } = await import('../../hosts/host-text.js');
    const result = await untilInterrupted(signal =>
      importHosts(args.patterns ?? [], {
        yes: flags.yes,
        inProject: flags.project,
        ask: askAtTerminal(),
        signal,
        onFound: ({ hosts, skipped }) => {
          for (const { name, why } of skipped) this.note(`left out: ${name}: ${why}`);
          if (hosts.length > 0) this.print(hostTable(hosts));
        },
      }),
    );
    this.note(`added ${result.hosts.length} host${result.hosts.length === 1 ? '' : 's'}`);
    return result;
  }
}
