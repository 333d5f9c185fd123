import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base-command.js';

export default class JobsLogs extends BaseCommand {
  static override summary = 'print what the tasks of a job wrote';
  static override description =
    'Both streams go to standard output, in the order they were written. With --json: one object a piece, {index, attempt, stream, offset, text}. ' +
    'Output bears no time of its own, only the starts and ends of tasks do: --since leaves out what stands before the last of them that is older.';

  static override examples = [
    { description: 'everything so far', command: '<%= config.bin %> jobs logs 7f3a' },
    { description: 'go on until the job ends', command: '<%= config.bin %> jobs logs 7f3a --follow' },
    { description: 'the errors of one task', command: '<%= config.bin %> jobs logs 7f3a --task 12 --stderr' },
  ];

  static override args = { id: Args.string({ required: true, description: 'id, or its start', ignoreStdin: true }) };

  static override flags = {
    follow: Flags.boolean({ char: 'f', description: 'go on until the job ends' }),
    since: Flags.string({
      description: 'leave out what was certainly written before: a time ago (10m) or a date (ISO 8601)',
      helpValue: 'TIME',
    }),
    task: Flags.integer({ description: 'only of this task, counted from 0', min: 0, helpValue: 'N' }),
    stdout: Flags.boolean({ description: 'only standard output', exclusive: ['stderr'] }),
    stderr: Flags.boolean({ description: 'only standard error' }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(JobsLogs);
    const { printLogs } = await import('../../jobs/print-logs.js');
    process.exitCode = await printLogs(args.id, {
      follow: flags.follow,
      since: flags.since,
      note: line => this.note(line),
      json: this.jsonEnabled(),
      index: flags.task,
      stream: flags.stdout ? 'stdout' : flags.stderr ? 'stderr' : undefined,
    });
  }
}
