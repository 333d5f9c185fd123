import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../base-command.js';

export default class PoolDrain extends BaseCommand {
  static override summary = 'let machines of the cloud end with the last job they have';
  static override description =
    'Their agents take no new jobs from now on, and shut their machines down when the last one is over. Machines that were made to be warm are no longer wanted. The exit code is 6 where one could not be reached: it ends when its time is over, or by megalith dismantle.';
  static override examples = [
    { description: 'all of yours', command: '<%= config.bin %> pool drain' },
    { description: 'one', command: '<%= config.bin %> pool drain i-0123456789abcdef0' },
  ];
  static override args = {
    ids: Args.string({ multiple: true, description: 'ids; all of yours where none is given', ignoreStdin: true }),
  };

  override async run(): Promise<unknown> {
    const { args } = await this.parse(PoolDrain);
    const { drainPool } = await import('@megalith/standalone');
    const { withPool } = await import('../../cloud/pool-here.js');
    const { drainTable } = await import('../../cloud/pool-text.js');
    const { untilInterrupted } = await import('../../hosts/until-interrupted.js');
    const machines = await untilInterrupted(signal => withPool(pool => drainPool(pool, args.ids ?? [], signal)));
    if (machines.length === 0) this.note('no machines');
    else this.print(drainTable(machines));
    for (const { id, hint } of machines) if (hint !== undefined) this.note(`hint: ${id}: ${hint}`);
    if (machines.some(({ state }) => state === 'unreachable')) process.exitCode = 6;
    return { machines };
  }
}
