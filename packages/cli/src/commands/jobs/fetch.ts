import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../base-command.js';

export default class JobsFetch extends BaseCommand {
  static override summary = "fetch files out of a job's folder on its machine";
  static override description =
    'PATH is relative to the folder of the job, DEST to the working directory; without DEST it comes to the same path here. What is here ' +
    'already and the same is not fetched again. It works while the job runs, too.';
  static override examples = [
    { description: 'a folder', command: '<%= config.bin %> jobs fetch 7f3a asm/' },
    { description: 'everything', command: '<%= config.bin %> jobs fetch 7f3a .:from-7f3a' },
  ];
  static override args = {
    id: Args.string({ required: true, description: 'id, or its start', ignoreStdin: true }),
    paths: Args.string({ required: true, multiple: true, description: 'PATH or PATH:DEST', ignoreStdin: true }),
  };

  override async run(): Promise<unknown> {
    const { args } = await this.parse(JobsFetch);
    const { parseFileOutput } = await import('@megalith/core');
    const { withJob } = await import('../../jobs/open-jobs.js');
    const outputs = args.paths.map(parseFileOutput);
    return await withJob(
      args.id,
      line => this.note(line),
      async job => {
        await job.fetch(outputs);
        for (const { dest } of outputs) this.print(`${dest}\n`);
        return { id: job.id, fetched: outputs };
      },
    );
  }
}
