import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base-command.js';

export default class MachinesStop extends BaseCommand {
  static override summary = "end a machine's agent";
  static override description =
    'An agent that has jobs is not ended without --force. Nothing is lost with it: tasks that run are begun again by the next agent, which the next client starts.';
  static override examples = [
    { description: 'one that is idle', command: '<%= config.bin %> machines stop alpha' },
    { description: 'whatever it does', command: '<%= config.bin %> machines stop alpha --force' },
  ];
  static override args = {
    name: Args.string({ required: true, description: 'name of a host, or local', ignoreStdin: true }),
  };
  static override flags = { force: Flags.boolean({ description: 'also where it has jobs' }) };

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(MachinesStop);
    const { stopMachine } = await import('@megalith/standalone');
    const { untilInterrupted } = await import('../../hosts/until-interrupted.js');
    const { machineHere } = await import('../../machines/machines-here.js');
    const machine = await machineHere(args.name);
    const state = await untilInterrupted(signal => stopMachine(machine, { signal, force: flags.force }));
    this.print(`${state}\n`);
    return { name: args.name, state };
  }
}
