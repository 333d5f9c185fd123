import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base-command.js';

export default class JobsAttach extends BaseCommand {
  static override summary = 'come back to a job: see its output as it comes, and end as it ends';
  static override description =
    "Prints what the tasks wrote from the start on, a single command's as it comes and byte for byte, and ends with the exit code of the " +
    'job. Ctrl-C leaves the job alone: it goes on, and the exit code is 75. A lost connection is sought again for ten minutes. Outputs ' +
    'that the job was begun with from this home are fetched at its end.';
  static override examples = [
    { description: 'after "run --detach"', command: '<%= config.bin %> jobs attach 7f3a' },
    {
      description: 'from another machine, and bring a folder',
      command: '<%= config.bin %> jobs attach 7f3a --output asm/',
    },
  ];
  static override args = { id: Args.string({ required: true, description: 'id, or its start', ignoreStdin: true }) };
  static override flags = {
    output: Flags.string({
      description: "fetch this from the job's folder at its end; may be given several times",
      helpValue: 'PATH[:DEST]',
      multiple: true,
    }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(JobsAttach);
    const { parseFileOutput } = await import('@megalith/core');
    const { attach } = await import('../../jobs/attach.js');
    process.exitCode = await attach(args.id, {
      json: this.jsonEnabled(),
      quiet: flags.quiet,
      outputs: (flags.output ?? []).map(parseFileOutput),
    });
  }
}
