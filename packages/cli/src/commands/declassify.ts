import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../base-command.js';

export default class Declassify extends BaseCommand {
  static override summary = 'lower the label of files that a job left';
  static override description =
    'What a job makes of sensitive data is as sensitive, until somebody says otherwise. This is the only way down: the reason, and who gave ' +
    'it, stand in the audit log for good. What policy.paths says of a folder stays. A folder is lowered with all in it.';
  static override examples = [
    {
      description: 'a table without names',
      command: '<%= config.bin %> declassify out/table.csv --to internal --reason "names and dates were removed"',
    },
  ];
  static override args = {
    paths: Args.string({ multiple: true, required: true, description: 'files and folders', ignoreStdin: true }),
  };
  static override flags = {
    to: Flags.option({
      description: 'the label that they have then',
      options: ['public', 'internal', 'confidential'] as const,
      required: true,
    })(),
    reason: Flags.string({
      description: 'why they are not so sensitive any more, in 10 characters or more',
      helpValue: 'TEXT',
      required: true,
    }),
  };

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Declassify);
    const { declassify } = await import('@megalith/core');
    const { homeHere } = await import('../audit/audit-here.js');
    const lowered = await declassify(args.paths, { to: flags.to, reason: flags.reason, home: homeHere() });
    this.print(lowered.map(({ path, was, to }) => `${path}: ${was} → ${to}\n`).join(''));
    return { declassified: lowered };
  }
}
