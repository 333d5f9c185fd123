import * as Args from '@oclif/core/args';
import { BaseCommand } from '../base-command.js';

export default class Labels extends BaseCommand {
  static override summary = 'list files that have a label, or say which label some have';
  static override description =
    'Jobs leave their label on the files that they make. A job that reads them is at least as sensitive. For a path, the policy counts too. ' +
    'Files are known by where they are: what is moved or copied elsewhere loses its label, so keep what must not in a folder of policy.paths.';
  static override examples = [
    { description: 'what jobs left', command: '<%= config.bin %> labels' },
    { description: 'what a job that reads it would have', command: '<%= config.bin %> labels out/' },
  ];
  static override args = {
    paths: Args.string({
      multiple: true,
      description: 'files and folders; all with a label where none is given',
      ignoreStdin: true,
    }),
  };

  override async run(): Promise<unknown> {
    const { args } = await this.parse(Labels);
    const { labelsHere } = await import('../labels/labels-here.js');
    const { labelTable } = await import('../output/label-text.js');
    const labels = await labelsHere(args.paths ?? []);
    if (labels.length === 0) this.note('no file has a label yet: labelled jobs leave theirs on what they make');
    else this.print(labelTable(labels));
    return { labels };
  }
}
