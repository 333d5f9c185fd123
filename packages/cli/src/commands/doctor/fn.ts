import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../base-command.js';

export default class DoctorFn extends BaseCommand {
  static override summary = 'show what would travel with a function';
  static override description =
    'Ships the function as "map" would, and shows the size of the bundle and what may surprise; runs nothing.';
  static override examples = [
    { description: 'why is it so large?', command: '<%= config.bin %> doctor fn ./work.ts#simulate' },
  ];
  static override args = { function: Args.string({ required: true, description: 'MODULE#EXPORT', ignoreStdin: true }) };

  override async run(): Promise<unknown> {
    const { args } = await this.parse(DoctorFn);
    const { describeFunction, functionText } = await import('../../doctor/describe-function.js');
    const description = await describeFunction(args.function);
    this.print(functionText(description));
    return description;
  }
}
