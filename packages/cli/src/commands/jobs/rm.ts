import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base-command.js';

export default class JobsRm extends BaseCommand {
  static override summary = 'remove what is kept of jobs: results, logs, history';
  static override description =
    'Removes them here and on the machine that has them. A job that runs is not removed: cancel it first.';
  static override examples = [
    { description: 'some', command: '<%= config.bin %> jobs rm 7f3a 81bc' },
    { description: 'all that are over', command: '<%= config.bin %> jobs rm --ended' },
  ];

  static override args = {
    ids: Args.string({ multiple: true, description: 'ids, or their starts', ignoreStdin: true }),
  };
  static override flags = {
    ended: Flags.boolean({ description: 'every job that was begun from this home and is over' }),
  };

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(JobsRm);
    const { removeJobs } = await import('../../jobs/remove-jobs.js');
    const removed = await removeJobs(args.ids ?? [], flags.ended, line => this.note(line));
    for (const id of removed) this.print(`${id}\n`);
    this.note(`removed ${removed.length} job${removed.length === 1 ? '' : 's'}`);
    return { removed };
  }
}
