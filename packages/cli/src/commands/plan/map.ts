import { BaseCommand } from '../../base-command.js';
import { mapArgs, mapFlags } from '../../flags/map-flags.js';
import { planFlags } from '../../flags/plan-flags.js';

const { 'dry-run': _, ...flagsOfMap } = mapFlags;

export default class PlanMap extends BaseCommand {
  static override summary =
    'show where the calls of a function would run, what they would take there, and why not elsewhere';
  static override description =
    'Takes what "megalith map" takes, and runs nothing. The exit code is 3 where no place may or can take the job.';

  static override examples = [
    {
      description: 'where a function over the rows of a table would run',
      command: '<%= config.bin %> plan map ./work.ts#simulate --data seeds.csv --memory 4GiB --deadline 1h',
    },
    {
      description: 'every place, for a program',
      command: '<%= config.bin %> plan map ./work.ts#score --data texts.ndjson --tag pii --json',
    },
  ];

  static override args = mapArgs;
  static override flags = { ...flagsOfMap, ...planFlags };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(PlanMap);
    const { planMap } = await import('../../run/map-command.js');
    process.exitCode = await planMap(args.function, flags, this.jsonEnabled());
  }
}
