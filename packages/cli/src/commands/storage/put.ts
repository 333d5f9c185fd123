import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base-command.js';

export default class StoragePut extends BaseCommand {
  static override summary = 'put files of this machine into a store';
  static override description =
    'LOCATION is NAME:KEY with the name of a store of megalith.yaml, or a URL (s3://bucket/key); one that ends with a slash keeps the names of the ' +
    'files. "-" is standard input. Objects carry the labels of their files, and a store takes none above its clearance.';
  static override examples = [
    { description: 'one file', command: '<%= config.bin %> storage put reads.fq lab:run7/' },
    { description: 'a folder', command: '<%= config.bin %> storage put -r ./run7 s3://bucket/run7/' },
    {
      description: 'standard input',
      command: '<%= config.bin %> storage put - lab:run7/reads.fq --label confidential',
    },
  ];
  static override args = {
    paths: Args.string({
      required: true,
      multiple: true,
      description: 'PATH..., and LOCATION as the last one',
      ignoreStdin: true,
    }),
  };
  static override flags = {
    recursive: Flags.boolean({ char: 'r', description: 'all below a folder' }),
    label: Flags.option({
      description: 'of what comes from standard input; without it, the label of jobs without tags',
      options: ['public', 'internal', 'confidential', 'restricted'] as const,
    })(),
  };

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(StoragePut);
    const { sourcesAndTarget } = await import('../../storage/sources-and-target.js');
    const { withLocations } = await import('../../storage/locations-here.js');
    const { copyHere } = await import('../../storage/copy-here.js');
    const { copiedText } = await import('../../storage/storage-text.js');
    const { putStdin } = await import('../../storage/put-stdin.js');
    const { sources, target } = sourcesAndTarget(args.paths);
    return await withLocations(async here => {
      const to = await here.openStored(target);
      const copied =
        sources[0] === '-' && sources.length === 1
          ? await putStdin(to, flags.label, here)
          : await copyHere(
              sources.map(path => ({ path })),
              to,
              here,
              { recursive: flags.recursive, quiet: flags.quiet },
            );
      this.note(copiedText(copied));
      return { objects: copied.objects, bytes: copied.bytes };
    });
  }
}
