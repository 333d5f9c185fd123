import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../base-command.js';

export default class JobsResults extends BaseCommand {
  static override summary = 'print the results of a job, in input order';
  static override description =
    'Of a function one JSON value a line; of a command a line with index, exit code and state, parted by tabs. With --json: one object ' +
    'a line, {index, state, value} or {index, state, error, exitCode}. The exit code tells how the job ended, as that of "jobs wait"; ' +
    'it is 0 while the job runs, with the results so far.';
  static override examples = [
    { description: 'what a map gave', command: '<%= config.bin %> jobs results 7f3a' },
    { description: 'also what failed', command: '<%= config.bin %> jobs results 7f3a --json' },
  ];
  static override args = { id: Args.string({ required: true, description: 'id, or its start', ignoreStdin: true }) };

  override async run(): Promise<void> {
    const { args } = await this.parse(JobsResults);
    const { printResults } = await import('../../jobs/print-results.js');
    process.exitCode = await printResults(args.id, this.jsonEnabled(), line => this.note(line));
  }
}
