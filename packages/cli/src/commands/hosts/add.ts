import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base-command.js';

export default class HostsAdd extends BaseCommand {
  static override summary = 'add a host: see its key, confirm it, probe the host, write it down';
  static override description =
    'What is not said comes from ~/.ssh/config. Without a terminal nobody can confirm the key: give --fingerprint, or --yes where known_hosts has it. The entry goes into the megalith.yaml of the project where there is one, else into your own.';
  static override examples = [
    { description: 'by name of ~/.ssh/config', command: '<%= config.bin %> hosts add alpha' },
    {
      description: 'in a script',
      command: '<%= config.bin %> hosts add megan@10.0.0.7:2222 --name alpha --fingerprint SHA256:…',
    },
    {
      description: 'behind another, for confidential data',
      command: '<%= config.bin %> hosts add root@node7 --jump door --clearance confidential',
    },
  ];
  static override args = {
    host: Args.string({ required: true, description: '[user@]host[:port]', ignoreStdin: true }),
  };
  static override flags = {
    name: Flags.string({ description: 'how to call it; otherwise as the host', helpValue: 'NAME' }),
    identity: Flags.string({ char: 'i', description: 'private key file', helpValue: 'FILE' }),
    jump: Flags.string({ char: 'J', description: 'host of the inventory to go through', helpValue: 'NAME' }),
    cpus: Flags.integer({ description: 'what jobs may use of it, if not all', min: 1, helpValue: 'N' }),
    memory: Flags.string({ description: 'what jobs may use of it, if not all', helpValue: 'SIZE' }),
    clearance: Flags.option({
      description: 'highest label of data that may go there; otherwise internal',
      options: ['public', 'internal', 'confidential', 'restricted'] as const,
    })(),
    folder: Flags.string({
      description: 'folder of Megalith there; otherwise .megalith in the home',
      helpValue: 'PATH',
    }),
    project: Flags.boolean({ description: 'into megalith.yaml of this project, made here where there is none' }),
    fingerprint: Flags.string({
      description: 'the key that was compared beforehand; only this one is pinned',
      helpValue: 'SHA256:…',
      exclusive: ['yes'],
    }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask where known_hosts has the key' }),
  };

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(HostsAdd);
    const { parseSize } = await import('@megalith/core');
    const { addHost } = await import('../../hosts/add-host.js');
    const { askAtTerminal } = await import('../../hosts/question.js');
    const { untilInterrupted } = await import('../../hosts/until-interrupted.js');
    const { factsText, keyTable } = await import('../../hosts/host-text.js');
    const { commandLine } = await import('../../hosts/command-line.js');
    const { name, identity, jump, cpus, memory, clearance, folder, fingerprint } = flags;
    const options = {
      yes: flags.yes,
      inProject: flags.project,
      ...(name === undefined ? {} : { name }),
      ...(identity === undefined ? {} : { identity }),
      ...(jump === undefined ? {} : { jump }),
      ...(cpus === undefined ? {} : { cpus }),
      ...(memory === undefined ? {} : { memoryBytes: parseSize(memory) }),
      ...(clearance === undefined ? {} : { clearance }),
      ...(folder === undefined ? {} : { folder }),
      ...(fingerprint === undefined ? {} : { fingerprint }),
    };
    const added = await untilInterrupted(signal =>
      addHost(args.host, options, {
        ask: askAtTerminal(),
        signal,
        command: commandLine(['hosts', 'add', ...this.argv.filter(word => !/^(-y|--yes|--json)$/.test(word))]),
        // Under --json too, since the question is about them.
        onKeys: keys => (this.jsonEnabled() ? process.stderr : process.stdout).write(keyTable(keys)),
        note: line => this.note(line),
      }),
    );
    this.print(factsText(added.facts));
    this.note(`added "${added.host.name}" to "${added.host.file}"`);
    return added;
  }
}
