import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base-command.js';

export default class StorageLs extends BaseCommand {
  static override summary = 'list stores, or what is in one';
  static override description =
    'Without LOCATION: the stores of megalith.yaml. LOCATION is NAME:PREFIX with the name of such a store, or a URL (s3://bucket/prefix): all objects ' +
    'whose keys begin so, in the order of their keys, as they are found. The label is shown where the listing has it. With --json one object a line.';
  static override examples = [
    { description: 'the stores', command: '<%= config.bin %> storage ls' },
    { description: 'what is below a prefix', command: '<%= config.bin %> storage ls s3://bucket/reads/' },
  ];
  static override args = {
    location: Args.string({ description: 'NAME:PREFIX or a URL', ignoreStdin: true }),
  };
  static override flags = {
    limit: Flags.integer({ description: 'so many objects at most', helpValue: 'N', min: 1 }),
  };

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(StorageLs);
    const { withLocations } = await import('../../storage/locations-here.js');
    const { listObjects } = await import('../../storage/list-objects.js');
    const { storeTable } = await import('../../storage/storage-text.js');
    return await withLocations(async here => {
      if (args.location === undefined) {
        const { stores } = here.config;
        if (Object.keys(stores).length === 0) this.note('no stores: add them to the section "stores" of megalith.yaml');
        else this.print(storeTable(stores));
        return { stores };
      }
      const found = await listObjects(await here.openStored(args.location), {
        limit: flags.limit,
        json: this.jsonEnabled(),
        signal: here.signal,
      });
      if (found === 0) this.note(`nothing begins with "${args.location}"`);
      return undefined;
    });
  }
}
