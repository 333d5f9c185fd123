import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base-command.js';

export default class JobsWait extends BaseCommand {
  static override summary = 'wait until a job has ended';
  static override description =
    'The exit code tells how it ended: 0 done, 1 failed, 7 lost, 130 cancelled, 75 contact lost; 1 also when the time is up, and the job then goes on.';
  static override examples = [
    { description: 'for ten minutes at most', command: '<%= config.bin %> jobs wait 7f3a --timeout 10m' },
  ];
  static override args = { id: Args.string({ required: true, description: 'id, or its start', ignoreStdin: true }) };
  static override flags = { timeout: Flags.string({ description: 'wait no longer than this', helpValue: 'TIME' }) };

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(JobsWait);
    const { waitForEnd } = await import('../../jobs/wait-for-end.js');
    const { jobText } = await import('../../output/job-text.js');
    const { recordedExitCode } = await import('../../exit-code.js');
    const job = await waitForEnd(args.id, flags.timeout, line => this.note(line));
    this.print(jobText(job, Date.now()));
    process.exitCode = recordedExitCode(job);
    return job;
  }
}
