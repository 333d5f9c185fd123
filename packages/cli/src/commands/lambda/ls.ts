import { BaseCommand } from '../../base-command.js';

export default class LambdaLs extends BaseCommand {
  static override summary = 'list the functions that Megalith made for you';
  static override description =
    'Those of the region and the owner that the section "lambda" of megalith.yaml has. A function costs nothing while nobody calls it. VERSION tells releases of Megalith and settings apart: functions of other versions than this one are deleted once they were not changed for a week.';
  static override examples = [{ description: 'what there is', command: '<%= config.bin %> lambda ls' }];

  override async run(): Promise<unknown> {
    await this.parse(LambdaLs);
    const { listFunctions } = await import('@megalith/core');
    const { poolPlace } = await import('../../cloud/pool-place.js');
    const { functionTable } = await import('../../lambda/function-text.js');
    const { untilInterrupted } = await import('../../hosts/until-interrupted.js');
    const functions = await untilInterrupted(signal => listFunctions(poolPlace(), signal));
    if (functions.length === 0) this.note('no functions');
    else this.print(functionTable(functions, Date.now()));
    return { functions };
  }
}
