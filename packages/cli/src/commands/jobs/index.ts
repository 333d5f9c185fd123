import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base-command.js';

export default class Jobs extends BaseCommand {
  static override summary = 'list jobs, newest first';
  static override description =
    'Lists the jobs of this home that run or ran, and those of all machines of the inventory, whoever began them there. A machine has ' +
    '5 s to answer. An id may be shortened to what makes it unique.';
  static override examples = [
    { description: 'what runs and ran', command: '<%= config.bin %> jobs' },
    { description: 'without asking machines', command: '<%= config.bin %> jobs --here' },
    { description: 'for programs', command: '<%= config.bin %> jobs --json' },
  ];
  static override flags = { here: Flags.boolean({ description: 'only the jobs of this home; asks no machine' }) };

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(Jobs);
    const { listedJobs } = await import('../../jobs/listed-jobs.js');
    const { jobTable } = await import('../../output/job-text.js');
    const { jobs, unreachable } = await listedJobs(flags.here, line => this.note(line));
    if (jobs.length === 0) this.note('no jobs yet');
    else this.print(jobTable(jobs, Date.now()));
    return { jobs, unreachable };
  }
}
