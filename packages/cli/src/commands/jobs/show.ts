import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../base-command.js';

export default class JobsShow extends BaseCommand {
  static override summary = 'show what is known of a job';
  static override examples = [
    { description: 'the start of an id will do', command: '<%= config.bin %> jobs show 7f3a' },
  ];
  static override args = { id: Args.string({ required: true, description: 'id, or its start', ignoreStdin: true }) };

  override async run(): Promise<unknown> {
    const { args } = await this.parse(JobsShow);
    const { withJob } = await import('../../jobs/open-jobs.js');
    const { jobText } = await import('../../output/job-text.js');
    const job = await withJob(
      args.id,
      line => this.note(line),
      found => found.report(),
    );
    this.print(jobText(job, Date.now()));
    return job;
  }
}
