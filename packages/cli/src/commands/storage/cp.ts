import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base-command.js';

export default class StorageCp extends BaseCommand {
  static override summary = 'copy objects and files between stores and this machine';
  static override description =
    'SOURCE and TARGET are NAME:KEY with the name of a store of megalith.yaml, a URL (s3://bucket/key), or a path of this machine. A target that ' +
    'ends with a slash, or is a folder, keeps the name. Each object keeps its label, and is there whole or not at all; what is more sensitive than ' +
    'the target is cleared for is refused.';
  static override examples = [
    { description: 'upload one file', command: '<%= config.bin %> storage cp reads.fq s3://bucket/in/' },
    { description: 'all below a prefix, to a folder', command: '<%= config.bin %> storage cp -r lab:run7/ ./run7' },
    {
      description: 'from one store to another',
      command: '<%= config.bin %> storage cp -r lab:run7/ archive:2026/run7/',
    },
  ];
  static override args = {
    sources: Args.string({
      required: true,
      multiple: true,
      description: 'SOURCE..., and TARGET as the last one',
      ignoreStdin: true,
    }),
  };
  static override flags = {
    recursive: Flags.boolean({ char: 'r', description: 'all below a folder or the beginning of keys' }),
  };

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(StorageCp);
    const { sourcesAndTarget } = await import('../../storage/sources-and-target.js');
    const { withLocations } = await import('../../storage/locations-here.js');
    const { copyHere } = await import('../../storage/copy-here.js');
    const { copiedText } = await import('../../storage/storage-text.js');
    const { sources, target } = sourcesAndTarget(args.sources);
    const copied = await withLocations(async here => {
      const [to, ...from] = await Promise.all([target, ...sources].map(text => here.open(text)));
      return await copyHere(from, to!, here, { recursive: flags.recursive, quiet: flags.quiet });
    });
    this.note(copiedText(copied));
    return { objects: copied.objects, bytes: copied.bytes };
  }
}
