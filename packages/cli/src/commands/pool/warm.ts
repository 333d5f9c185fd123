import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base-command.js';
import { labels } from '../../flags/job-flags.js';

export default class PoolWarm extends BaseCommand {
  static override summary = 'make machines up front, which wait for jobs';
  static override description =
    'All are made at the same time. Each is ready once this ends, serves whichever job fits it, and shuts itself down when it had no work for as long as --for says. They cost from now on. What could not be had is told with its exit code, and the others stay.';
  static override examples = [
    { description: 'one of a type, for half an hour', command: '<%= config.bin %> pool warm --shape r6i.4xlarge' },
    {
      description: 'four of a size, the cheapest that there are',
      command: '<%= config.bin %> pool warm --cpus 16 --memory 120GiB --count 4 --for 2h',
    },
  ];
  static override flags = {
    shape: Flags.string({
      description: 'a type of the cloud, also one that the config does not name; * stands for anything',
      helpValue: 'TYPE',
      exclusive: ['cpus', 'memory'],
    }),
    cpus: Flags.integer({ description: 'cpus of each at least', min: 1, helpValue: 'N' }),
    memory: Flags.string({ description: 'memory of each at least, for tasks', helpValue: 'SIZE' }),
    count: Flags.integer({ description: 'how many', min: 1, max: 100, default: 1, helpValue: 'N' }),
    label: Flags.string({
      description: 'for jobs that are so sensitive, and no others [default: that of jobs without tags]',
      options: labels,
    }),
    for: Flags.string({ description: 'how long each stays without work', default: '30m', helpValue: 'TIME' }),
  };

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(PoolWarm);
    const { warmUp } = await import('@megalith/standalone');
    const { withPool } = await import('../../cloud/pool-here.js');
    const { warmTable } = await import('../../cloud/pool-text.js');
    const { warmLabelOf, warmWishes } = await import('../../cloud/warm-wishes.js');
    const { errorReport, reportJson, reportText } = await import('../../error-report.js');
    const { untilInterrupted } = await import('../../hosts/until-interrupted.js');
    const { requirements, label, pool: options } = warmWishes(flags);
    const { leftMachineText } = await import('../../run/interrupt-text.js');
    const note = (line: string): void => this.note(line);
    const { machines, failures } = await untilInterrupted(
      signal =>
        withPool(
          pool => warmUp(pool.desk, { requirements, label: warmLabelOf(pool, label), count: flags.count, signal }),
          { ...options, tell: note },
        ),
      {
        first: 'cancelling: machines that do not serve yet are ended; once more to leave without waiting for that',
        second: leftMachineText,
        note,
      },
    );
    const [first, ...others] = failures;
    if (first !== undefined && machines.length === 0) throw first;
    this.print(warmTable(machines));
    if (first !== undefined) {
      process.exitCode = first.exitCode;
      this.note(`${machines.length} of ${flags.count} machines are warm; ${1 + others.length} could not be had`);
      if (!this.jsonEnabled()) process.stderr.write(reportText(errorReport(first)));
    }
    return { machines, failures: failures.map(failure => reportJson(errorReport(failure)).error) };
  }
}
