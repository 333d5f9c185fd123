import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base-command.js';

export default class StorageRm extends BaseCommand {
  static override summary = 'remove objects of stores';
  static override description =
    'LOCATION is NAME:KEY with the name of a store of megalith.yaml, or a URL (s3://bucket/key). One that is not there is no error. May be ended and ' +
    'repeated at any time.';
  static override examples = [
    { description: 'one object', command: '<%= config.bin %> storage rm lab:run7/result.csv' },
    { description: 'all below a prefix', command: '<%= config.bin %> storage rm -r s3://bucket/run7/' },
  ];
  static override args = {
    locations: Args.string({ required: true, multiple: true, description: 'NAME:KEY or a URL', ignoreStdin: true }),
  };
  static override flags = {
    recursive: Flags.boolean({ char: 'r', description: 'all whose keys lie below it' }),
    'dry-run': Flags.boolean({ description: 'only print what would be removed' }),
  };

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(StorageRm);
    const { withLocations } = await import('../../storage/locations-here.js');
    const { removeObjects } = await import('../../storage/remove-objects.js');
    const { counted } = await import('../../storage/transfer-progress.js');
    const isDry = flags['dry-run'] === true;
    const objects = await withLocations(async here => {
      const places = await Promise.all(args.locations.map(text => here.openStored(text)));
      let sum = 0;
      for (const place of places) {
        sum += await removeObjects(place, {
          recursive: flags.recursive,
          signal: here.signal,
          ...(isDry ? { instead: key => this.print(`${key}\n`) } : {}),
        });
      }
      return sum;
    });
    this.note(isDry ? `${counted(objects)} would be removed` : `removed ${counted(objects)}`);
    return { objects, dryRun: isDry };
  }
}
