import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base-command.js';

export default class LambdaClean extends BaseCommand {
  static override summary = 'delete functions that nobody needs any more';
  static override description =
    'Those of other releases of Megalith and of other settings, once they were not changed for a week, and what clients that died left in the store. Jobs do the same once a day. A client that does need a function makes it anew in seconds. Functions of other owners stay.';
  static override examples = [
    { description: 'what would be deleted', command: '<%= config.bin %> lambda clean --dry-run' },
    { description: 'all of yours', command: '<%= config.bin %> lambda clean --all' },
  ];
  static override flags = {
    all: Flags.boolean({ description: 'those that are in use too, and of any age' }),
    'dry-run': Flags.boolean({ description: 'only say what would be deleted' }),
  };

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(LambdaClean);
    const { cleanFunctions } = await import('@megalith/core');
    const { poolPlace } = await import('../../cloud/pool-place.js');
    const { functionTable } = await import('../../lambda/function-text.js');
    const { untilInterrupted } = await import('../../hosts/until-interrupted.js');
    const dryRun = flags['dry-run'];
    const cleaned = await untilInterrupted(signal =>
      cleanFunctions({ ...poolPlace(), all: flags.all, dryRun, signal }),
    );
    const { deleted, kept, objects } = cleaned;
    if (deleted.length > 0) this.print(functionTable(deleted, Date.now()));
    this.note(`${deleted.length} ${dryRun ? 'would be deleted' : 'deleted'}, ${kept.length} kept`);
    if (objects > 0) this.note(`${objects} objects that clients had left in the store are deleted`);
    return { ...cleaned, dryRun };
  }
}
