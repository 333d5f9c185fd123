import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../base-command.js';

export default class JobsCancel extends BaseCommand {
  static override summary = 'end a job that runs';
  static override description = 'Asks the tasks to end, and waits until they have. It is no error if the job was over.';
  static override examples = [
    { command: '<%= config.bin %> jobs cancel 7f3a', description: 'the start of an id will do' },
  ];
  static override args = { id: Args.string({ required: true, description: 'id, or its start', ignoreStdin: true }) };

  override async run(): Promise<unknown> {
    const { args } = await this.parse(JobsCancel);
    const { withJob } = await import('../../jobs/open-jobs.js');
    return await withJob(
      args.id,
      line => this.note(line),
      async job => {
        const requested = await job.cancel('by "megalith jobs cancel"');
        if (requested) this.note(`asked "${job.id}" to end`);
        const { id, state } = await job.ended();
        this.print(`${id} ${state}\n`);
        return { id, state, requested };
      },
    );
  }
}
