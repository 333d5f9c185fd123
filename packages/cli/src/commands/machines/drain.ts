import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../base-command.js';

export default class MachinesDrain extends BaseCommand {
  static override summary = 'let a machine end with the last job it has';
  static override description =
    'Its agent takes no new jobs from now on, and ends when the last one is over and no client is connected. The next job after that starts another.';
  static override examples = [{ description: 'before maintenance', command: '<%= config.bin %> machines drain alpha' }];
  static override args = {
    name: Args.string({ required: true, description: 'name of a host, or local', ignoreStdin: true }),
  };

  override async run(): Promise<unknown> {
    const { args } = await this.parse(MachinesDrain);
    const { drainMachine } = await import('@megalith/standalone');
    const { untilInterrupted } = await import('../../hosts/until-interrupted.js');
    const { machineHere } = await import('../../machines/machines-here.js');
    const machine = await machineHere(args.name);
    const state = await untilInterrupted(signal => drainMachine(machine, { signal }));
    this.print(`${state}\n`);
    return { name: args.name, state };
  }
}
