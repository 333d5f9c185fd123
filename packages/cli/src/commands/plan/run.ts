import { BaseCommand } from '../../base-command.js';
import { planFlags } from '../../flags/plan-flags.js';
import { commandWords, missingDashes, runFlags } from '../../flags/run-flags.js';

const { 'dry-run': _, ...flagsOfRun } = runFlags;

export default class PlanRun extends BaseCommand {
  static override aliases = ['plan'];
  static override summary = 'show where a command would run, what it would take there, and why not elsewhere';
  static override description =
    'Takes what "megalith run" takes, and runs nothing; the command itself may be left out. Each place has a reason: ' +
    'POLICY (its clearance is below the label of the data), OVER_MEMORY, MISSES_DEADLINE, DEARER, and others. ' +
    'The exit code is 3 where no place may or can take the job.';

  static override usage = ['plan [run] [FLAGS] [-- COMMAND...]'];

  static override examples = [
    {
      description: 'where so much memory is, and what it costs',
      command: '<%= config.bin %> plan run --memory 512GiB --cpus 64 --expected 2h -- ./assemble.sh reads/',
    },
    {
      description: 'the fastest place for at most five dollars',
      command:
        "<%= config.bin %> plan run --objective time --budget 5 --expected 30s --each 'reads/*.fa' -- ./align.sh {}",
    },
    {
      description: 'what would have been chosen then, at the prices of a file',
      command: '<%= config.bin %> plan run --at 2025-11-01 --prices prices.json --memory 4GiB --json',
    },
  ];

  static override strict = false;

  static override flags = { ...flagsOfRun, ...planFlags };

  protected override usageHint(error: Error): string {
    return missingDashes(error, this.argv) ?? super.usageHint(error);
  }

  override async run(): Promise<void> {
    const { flags, raw } = await this.parse(PlanRun);
    const { planRun } = await import('../../run/run-command.js');
    process.exitCode = await planRun(commandWords(raw), flags, this.jsonEnabled());
  }
}
