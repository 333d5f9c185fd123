import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../base-command.js';

export default class MachinesShow extends BaseCommand {
  static override summary = 'show how a machine stands, with its jobs';
  static override examples = [{ description: 'one machine', command: '<%= config.bin %> machines show alpha' }];
  static override args = {
    name: Args.string({ required: true, description: 'name of a host, or local', ignoreStdin: true }),
  };

  override async run(): Promise<unknown> {
    const { args } = await this.parse(MachinesShow);
    const { machineStates } = await import('@megalith/standalone');
    const { untilInterrupted } = await import('../../hosts/until-interrupted.js');
    const { machineHere } = await import('../../machines/machines-here.js');
    const { machineText } = await import('../../machines/machine-text.js');
    const machine = await machineHere(args.name);
    const [state] = await untilInterrupted(signal => machineStates([machine], { signal }));
    this.print(machineText(state!));
    if (state!.state === 'unreachable') process.exitCode = 6;
    return state;
  }
}
