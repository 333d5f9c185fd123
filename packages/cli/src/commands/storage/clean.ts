import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base-command.js';

export default class StorageClean extends BaseCommand {
  static override summary = 'remove objects that jobs have left and nobody needs any more';
  static override description =
    'What tasks put for the life of their job, once the job has ended and the newest of its objects is old; and what was put for a time that is over. ' +
    'STORE is the name of a store of megalith.yaml or a URL; without it, where jobs put objects that name no store. Nothing else is touched. May be ' +
    'ended and repeated at any time.';
  static override examples = [
    { description: 'what would go', command: '<%= config.bin %> storage clean --dry-run' },
    { description: 'in one store, sooner', command: '<%= config.bin %> storage clean lab --older-than 1d' },
    { description: 'all that one job left', command: '<%= config.bin %> storage clean --job t4kq9zwxm2bc' },
  ];
  static override args = {
    store: Args.string({ description: 'a name or a URL', ignoreStdin: true }),
  };
  static override flags = {
    'older-than': Flags.string({ description: 'age of the newest object of a job', helpValue: 'TIME', default: '7d' }),
    job: Flags.string({
      description: 'all objects of this job, at once; may be repeated',
      helpValue: 'ID',
      multiple: true,
    }),
    'dry-run': Flags.boolean({ description: 'only print what would be removed' }),
  };

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(StorageClean);
    const { cleanHere } = await import('../../storage/clean-here.js');
    const { counted } = await import('../../storage/transfer-progress.js');
    const { formatSize } = await import('@megalith/core');
    const isDry = flags['dry-run'] === true;
    const { objects, bytes } = await cleanHere(args.store, {
      olderThan: flags['older-than'],
      jobs: flags.job,
      dryRun: isDry,
      onObject: isDry ? ({ key }) => this.print(`${key}\n`) : undefined,
    });
    const what = `${counted(objects)}, ${formatSize(bytes)}`;
    this.note(isDry ? `${what}, would be removed` : `removed ${what}`);
    return { objects, bytes, dryRun: isDry };
  }
}
