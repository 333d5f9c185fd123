import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base-command.js';

export default class StorageGet extends BaseCommand {
  static override summary = 'fetch objects of a store to this machine';
  static override description =
    'LOCATION is NAME:KEY with the name of a store of megalith.yaml, or a URL (s3://bucket/key). Without PATH it comes to the working directory under ' +
    'its own name; "-" is standard output. A file carries the label that its object had.';
  static override examples = [
    { description: 'one object', command: '<%= config.bin %> storage get lab:run7/result.csv' },
    { description: 'all below a prefix', command: '<%= config.bin %> storage get -r s3://bucket/run7/ ./run7' },
    { description: 'to standard output', command: '<%= config.bin %> storage get lab:run7/result.csv -' },
  ];
  static override args = {
    location: Args.string({ required: true, description: 'NAME:KEY or a URL', ignoreStdin: true }),
    path: Args.string({ description: 'file, folder, or - for standard output', default: '.', ignoreStdin: true }),
  };
  static override flags = {
    recursive: Flags.boolean({ char: 'r', description: 'all whose keys begin so' }),
  };

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(StorageGet);
    const { withLocations } = await import('../../storage/locations-here.js');
    const { copyHere } = await import('../../storage/copy-here.js');
    const { copiedText } = await import('../../storage/storage-text.js');
    const { printObject } = await import('../../storage/print-object.js');
    return await withLocations(async here => {
      const from = await here.openStored(args.location);
      if (args.path === '-') {
        await printObject(from, here);
        return undefined;
      }
      const copied = await copyHere([from], { path: args.path }, here, {
        recursive: flags.recursive,
        quiet: flags.quiet,
      });
      this.note(copiedText(copied));
      return { objects: copied.objects, bytes: copied.bytes };
    });
  }
}
