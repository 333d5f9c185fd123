import { BaseCommand } from '../../base-command.js';

export default class Jobs extends BaseCommand {
  static override summary = 'list jobs, newest first';
  static override description =
    'Lists the jobs of this home that run or ran. An id may be shortened to what makes it unique.';
  static override examples = [
    { description: 'what runs and ran', command: '<%= config.bin %> jobs' },
    { description: 'for programs', command: '<%= config.bin %> jobs --json' },
  ];

  override async run(): Promise<unknown> {
    await this.parse(Jobs);
    const { listJobs } = await import('@megalith/core');
    const { inJobsHome } = await import('../../preferences/jobs-home.js');
    const { jobTable } = await import('../../output/job-text.js');
    const jobs = await listJobs({ ...inJobsHome(), onUnreadable: error => this.note(`warning: ${error.message}`) });
    if (jobs.length === 0) this.note('no jobs yet');
    else this.print(jobTable(jobs, Date.now()));
    return { jobs };
  }
}
