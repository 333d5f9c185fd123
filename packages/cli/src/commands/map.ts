import { BaseCommand } from '../base-command.js';
import { mapArgs, mapFlags } from '../flags/map-flags.js';

export default class MapCommand extends BaseCommand {
  static override summary = 'call a function of a module for every item';
  static override description =
    'Results come as one JSON value a line on standard output. The function gets one item and the context ' +
    '(index, attempt, signal, shared, log). Items are the elements of a .json array, the lines of an .ndjson file or of standard input (-), ' +
    'the rows of a .csv file as objects by its header, or the paths that a quoted glob matches; of a URL, or with --chunk-size, parts of objects, which ' +
    'the function reads with context.open(part). TypeScript modules need no build.';

  static override examples = [
    {
      description: 'a function over the rows of a table',
      command: '<%= config.bin %> map ./work.ts#simulate --data seeds.csv --output results.ndjson',
    },
    {
      description: 'add up what it gives',
      command: '<%= config.bin %> map ./work.ts#count --data "texts/*.txt" --reduce total',
    },
    {
      description: 'one table in memory for all tasks',
      command: '<%= config.bin %> map ./work.js#lookup --data keys.ndjson --shared table=prices.f64:Float64Array',
    },
    {
      description: 'over all objects below a prefix, 64 MiB a task',
      command: '<%= config.bin %> map ./work.ts#countLines --data s3://bucket/logs/ --chunk-size 64MiB',
    },
    { description: 'in a pipe', command: '<%= config.bin %> map ./work.js#score --data - --keep-order --quiet' },
  ];

  static override args = mapArgs;
  static override flags = mapFlags;

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(MapCommand);
    const { mapCommand } = await import('../run/map-command.js');
    process.exitCode = await mapCommand(args.function, flags, this.jsonEnabled());
  }
}
